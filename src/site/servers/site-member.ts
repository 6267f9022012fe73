import { type Clock, sleep } from "../../base/clock.js";
import { LiveDistError, RedirectError } from "../../base/errors.js";
import { newTechId } from "../../base/guid.js";
import { SERVER_CLIENTS_SLACK, SERVER_FORGET_BEATS, SERVER_SILENT_BEATS_MAX } from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";
import type { Master, ServerDuty, ServerKind, ServerRow, ServersSeen } from "../../store/server-row.js";
import type { StoreServers } from "../../store/store.js";
import type { ServerRole } from "../../wire/requests.js";
import { actingDuty, serves } from "./acting-duty.js";
import { type SiteServer, siteServers } from "./site-server.js";

/** Asks another server whether it reads the database; false where it does not, undefined where it does not answer. Never rejects. */
export type AskServer = (url: string) => Promise<boolean | undefined>;

export interface SiteMemberParts {
  readonly servers: StoreServers;
  readonly duty: ServerDuty;
  /** Which of the two servers run here. */
  readonly kind: ServerKind;
  /** What all servers of the site have to agree about. */
  readonly agreed: string;
  readonly ask: AskServer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds from one sign of life to the next. */
  readonly beatMs: number;
}

/** What a server knows of itself once it listens. */
export interface OwnState {
  readonly url: string;
  readonly clients: () => number;
  readonly sequence: () => number;
}

type Access = "reads" | "waits" | { readonly elsewhere: string } | "cut off";

/**
 * One server as a member of its site (guide §8.1; protocol: several servers of a site): shows itself to the others by its row,
 * leads them where it is the master, and says where a client is to go that it is not to serve.
 */
export class SiteMember {
  readonly serverId = newTechId();
  readonly #parts: SiteMemberParts;
  readonly #listeners = new Set<() => void>();
  /** How long the others count on a server, and a master leads, that is not heard of. */
  readonly #leaseMs: number;
  #own: OwnState | undefined;
  #seen: ServersSeen = { rows: [], master: undefined };
  #seenAtMs: number;
  /** Clients sent to other servers since these last told how many they have. */
  readonly #sent = new Map<string, number>();
  #access: Access = "reads";
  #cancel: () => void = () => undefined;
  /** The sign of life that is under way. Never rejects. */
  #beating: Promise<void> = Promise.resolve();
  #hasTwin = false;
  #isStopped = false;

  constructor(parts: SiteMemberParts) {
    this.#parts = parts;
    this.#leaseMs = SERVER_SILENT_BEATS_MAX * parts.beatMs;
    this.#seenAtMs = parts.clock.now();
  }

  /** Enters itself. Rejects with Store where the database refuses. */
  async start(own: OwnState): Promise<void> {
    this.#own = own;
    await this.#beat();
    this.#beatLater();
  }

  /** Shows itself no more, so that nobody waits for it or sends clients here; another server may lead at once. Never rejects. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancel();
    if (this.#own === undefined) return;
    this.#seen = { rows: [], master: undefined };
    for (const listener of this.#listeners) listener();
    // It would enter this server again; one that hangs is waited for no longer than the others count on it.
    const arrived = new AbortController();
    void this.#beating.then(() => arrived.abort());
    await sleep(this.#parts.clock, this.#leaseMs, arrived.signal);
    await this.#parts.servers
      .leave(this.serverId)
      .catch((error: unknown) => this.#parts.logger.warn({ err: error }, "this server could not sign off"));
  }

  /** The lease of this server, where it leads: undefined as soon as another one may. */
  get lease(): Master | undefined {
    const { master } = this.#seen;
    const isOwn = master?.serverId === this.serverId;
    return isOwn && this.#parts.clock.now() - this.#seenAtMs < this.#leaseMs ? master : undefined;
  }

  /** What this server does now: one in standby serves everything where none is live. */
  get duty(): ServerDuty {
    // Before it has looked there may be anyone.
    const mayAct = this.#seen.rows.length > 0 && this.#access !== "cut off";
    return mayAct ? this.#acting(this.#shown) : this.#shown.duty;
  }

  /** Whether other servers have shown themselves, be it a while ago. */
  get hasPeers(): boolean {
    return this.#seen.rows.some(({ serverId }) => serverId !== this.serverId);
  }

  /** Whether one of the two servers runs here. */
  runs(role: ServerRole): boolean {
    return serves(this.#parts.kind, role);
  }

  /** The sequence-number up to which this server may trim the log: nothing where it does not lead, and nothing that another one has not read. */
  get trimmedMax(): number {
    if (this.lease === undefined) return 0;
    return Math.min(...this.#peers().map(({ sequence }) => sequence), Infinity);
  }

  /** Calls back after each look at the others. */
  onBeat(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** What GET tells of the servers of the site. */
  get status(): Readonly<Record<string, unknown>> {
    return {
      duty: this.duty,
      kind: this.#parts.kind,
      database: this.#access === "reads" ? "reached" : "away",
      servers: this.servers,
    };
  }

  /** The servers of the site, this one among them, as they were seen last. */
  get servers(): readonly SiteServer[] {
    const { rows, master } = this.#seen;
    const acting = rows.map((row) => ({ ...row, duty: this.#acting(row) }));
    return siteServers({ rows: acting, master }, this.serverId, this.#parts.clock.now() - this.#seenAtMs);
  }

  /** Milliseconds without a sign of life after which nobody counts on a server. */
  get silentMsMax(): number {
    return this.#leaseMs + this.#parts.beatMs;
  }

  /**
   * Throws Redirect, or Closed, where this server is not to serve a client what one of a role does; NotServed where it does not
   * itself and knows of nobody who does. `isLive` says whether only a live server may.
   */
  checkServes(isLive: boolean, role: ServerRole): void {
    const access = this.#access;
    if (typeof access === "object")
      throw new RedirectError("this server does not reach its database", access.elsewhere);
    if (access === "cut off")
      throw new LiveDistError("Closed", "this server reaches neither its database nor another server: ask another");
    const mayServe = (duty: ServerDuty): boolean => duty === "live" || (duty === "standby" && !isLive);
    const { duty } = this;
    const { kind } = this.#parts;
    const isOfKind = serves(kind, role);
    if (isOfKind && mayServe(duty)) return;
    const other = this.#leastLoaded(mayServe, role);
    if (!isOfKind) {
      const what = `this is a ${kind} server alone, which does not answer calls to the ${role} server`;
      if (other) throw new RedirectError(what, this.#sends(other), role);
      throw new LiveDistError("NotServed", `${what}, and it knows of no server that does`);
    }
    if (other) throw new RedirectError(`this server is a ${duty}`, this.#sends(other));
    if (duty === "backup") throw new LiveDistError("Closed", "this server is a backup, and serves no clients");
  }

  /** Throws Redirect, or Closed, where another server leads: what sites say to each other concerns the links, which run there. */
  checkLeads(): void {
    if (this.lease !== undefined) return;
    const peers = this.#peers();
    if (peers.length === 0) return;
    const master = peers.find(({ serverId }) => serverId === this.#seen.master?.serverId);
    if (master) throw new RedirectError("another server leads the links of this site", master.url);
    throw new LiveDistError("Closed", "it is not known which server leads the links of this site");
  }

  /** Gives a server that is to take a client, or a part of the clients, of this one; undefined where the load is even enough. */
  lighter(clients: number, role: ServerRole, slack = 1): string | undefined {
    const other = this.#leastLoaded((duty) => duty === "live", role);
    if (other === undefined) return undefined;
    const differenceMax = slack * Math.max(SERVER_CLIENTS_SLACK, clients / 10);
    return clients - this.#loadOf(other) > differenceMax ? this.#sends(other) : undefined;
  }

  /** How many clients more than the least loaded delta server this one has. */
  surplus(clients: number): number {
    const other = this.#leastLoaded((duty) => duty === "live", "delta");
    return other === undefined ? 0 : clients - this.#loadOf(other);
  }

  #sends(row: ServerRow): string {
    this.#sent.set(row.serverId, (this.#sent.get(row.serverId) ?? 0) + 1);
    return row.url;
  }

  #loadOf({ serverId, clients }: ServerRow): number {
    return clients + (this.#sent.get(serverId) ?? 0);
  }

  #leastLoaded(isMeant: (duty: ServerDuty) => boolean, role: ServerRole): ServerRow | undefined {
    const meant = this.#peers().filter((row) => serves(row.kind, role) && isMeant(this.#acting(row)));
    return meant.reduce<ServerRow | undefined>(
      (least, row) => (least === undefined || this.#loadOf(row) < this.#loadOf(least) ? row : least),
      undefined,
    );
  }

  /** What the others see that this server was configured as. */
  get #shown(): Pick<ServerRow, "duty" | "kind"> {
    const { duty, kind } = this.#parts;
    return { duty: duty === "live" && this.#access === "cut off" ? "standby" : duty, kind };
  }

  #acting(server: Pick<ServerRow, "duty" | "kind">): ServerDuty {
    return actingDuty(server, [this.#shown, ...this.#peers()]);
  }

  /** The other servers that have shown themselves lately. */
  #peers(): readonly ServerRow[] {
    const sinceMs = this.#parts.clock.now() - this.#seenAtMs;
    // While the database is away nobody can be seen: then those that were there last are asked.
    const ageMs = this.#access === "reads" ? sinceMs : 0;
    const isThere = (row: ServerRow): boolean => row.silentMs + ageMs < this.silentMsMax;
    return this.#seen.rows.filter((row) => row.serverId !== this.serverId && isThere(row));
  }

  async #beat(): Promise<void> {
    const { servers, agreed, clock } = this.#parts;
    const { url, clients, sequence } = this.#own!;
    const { kind } = this.#shown;
    const begunMs = clock.now();
    const entry = { serverId: this.serverId, url, ...this.#shown, clients: clients(), sequence: sequence(), agreed };
    const lease = {
      // The guide's master is a delta server.
      mayLead: this.duty === "live" && serves(kind, "delta"),
      leaseMs: this.#leaseMs,
      forgetMs: SERVER_FORGET_BEATS * this.#parts.beatMs,
    };
    const seen = await servers.beat(entry, lease);
    // What is found behind the end makes this server lead no more.
    if (this.#isStopped) return;
    if (seen.wasMissing && begunMs - this.#seenAtMs < lease.forgetMs) this.#foundTwin(url);
    this.#seen = seen;
    // From when it asked: what the database counts from is later.
    this.#seenAtMs = begunMs;
    this.#sent.clear();
    if (this.#access !== "reads") this.#enter("reads");
  }

  /** Tells, once, that another server took the row of this one, which each of them does to the other from then on. */
  #foundTwin(url: string): void {
    const wasThere = this.#seen.rows.some(({ serverId }) => serverId === this.serverId);
    if (!wasThere || this.#hasTwin) return;
    this.#hasTwin = true;
    this.#parts.logger.error(
      { url },
      "another server of this site shows itself by the same address, so that clients reach only one of them: give each a LiveDistUrl of its own, and start them again",
    );
  }

  #beatLater(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#parts.clock.after(this.#parts.beatMs, () => {
      const unwatch = this.#watchBeat();
      this.#beating = this.#beat()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          unwatch();
          this.#tell();
          this.#beatLater();
        });
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) if (!this.#isStopped) listener();
  }

  /** Takes a database for away that does not answer at all: a connection of which nobody says that it was lost may hang for minutes. */
  #watchBeat(): () => void {
    const { clock, beatMs } = this.#parts;
    let isOver = false;
    const look = async (): Promise<void> => {
      if (!(await this.#canRead())) await this.#failed(new LiveDistError("Store", "the database does not answer"));
      if (isOver) return;
      this.#tell();
      cancel = clock.after(beatMs, () => void look());
    };
    let cancel = clock.after(this.#leaseMs, () => void look());
    return () => {
      isOver = true;
      cancel();
    };
  }

  /** Whether the database answers what waits for no lock: a sign of life may wait behind a long transaction. Never rejects. */
  async #canRead(): Promise<boolean> {
    const { clock, beatMs, servers } = this.#parts;
    const answered = new AbortController();
    const answer = servers.list().then(
      () => true,
      () => false,
    );
    const canRead = await Promise.race([answer, sleep(clock, beatMs, answered.signal).then(() => false)]);
    answered.abort();
    return canRead;
  }

  /** Finds out, where the database has been away for as long as a lease lasts, whether it is so for the others too. */
  async #failed(error: unknown): Promise<void> {
    const { clock, logger, ask } = this.#parts;
    if (this.#isStopped || clock.now() - this.#seenAtMs < this.#leaseMs) return;
    if (this.#access === "reads") {
      this.#enter("waits");
      logger.error({ err: error }, "the database does not answer; the other servers are asked");
    }
    const seenAtMs = this.#seenAtMs;
    const urls = this.#peers().map(({ url }) => url);
    const answers = await Promise.all(urls.map(async (url) => ({ url, reads: await ask(url) })));
    // It may have answered meanwhile.
    if (this.#seenAtMs !== seenAtMs) return;
    const reading = answers.find(({ reads }) => reads === true);
    const answered = answers.some(({ reads }) => reads !== undefined);
    // Alone, and where all are without the database, there is nobody who would serve better.
    if (reading) this.#enter({ elsewhere: reading.url });
    else this.#enter(urls.length > 0 && !answered ? "cut off" : "waits");
  }

  #enter(access: Access): void {
    const before = JSON.stringify(this.#access);
    this.#access = access;
    if (JSON.stringify(access) === before) return;
    this.#parts.logger.warn({ access }, "this server's access to its site has changed");
  }
}
