import { FATHER_CLIENT_ID } from "../../src/site/links/father-client-id.js";
import type { Site } from "../../src/site/site.js";
import { startSite, type StartSiteOptions } from "../../src/site/start-site.js";
import type { Store } from "../../src/store/store.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { CommitReader, type WrittenThing } from "./commit-reader.js";
import { inFull, processLogger } from "./process-logger.js";
import type { SitePlan } from "./scenario.js";
import { SimulatedDatabase } from "./simulated-database.js";
import { SimulatedProcess } from "./simulated-process.js";
import type { Simulation } from "./simulation.js";
import { schema, topicsOf } from "./things.js";
import { trimLog } from "./trim-log.js";

/** A site of the tree: its database, and the process that serves it, which comes and goes. */
export class SimulatedSite {
  readonly plan: SitePlan;
  readonly database: SimulatedDatabase;
  readonly #simulation: Simulation;
  readonly #sons: readonly string[];
  readonly #reader: CommitReader;
  #skewMs: number;
  #boots = 0;
  #process: SimulatedProcess | undefined;
  #store: Store | undefined;
  #site: Site | undefined;
  #service: LiveDistService | undefined;
  #crash: { readonly when: "before" | "after"; readonly downMs: number } | undefined;
  #backup: { readonly bytes: Buffer; readonly held: ReadonlySet<string> } | undefined;

  private constructor(plan: SitePlan, sons: readonly string[], database: SimulatedDatabase, simulation: Simulation) {
    this.plan = plan;
    this.database = database;
    this.#sons = sons;
    this.#simulation = simulation;
    this.#skewMs = plan.skewMs;
    this.#reader = new CommitReader(plan, database, simulation, {
      before: () => this.#crashWhere("before"),
      after: () => this.#crashWhere("after"),
    });
  }

  static async create(
    plan: SitePlan,
    sons: readonly string[],
    clients: readonly string[],
    simulation: Simulation,
  ): Promise<SimulatedSite> {
    const database = await SimulatedDatabase.create(simulation.dice(`database ${plan.name}`).random);
    for (const [at, name] of clients.entries())
      database.all("INSERT INTO LiveDistClients (ClientId, BitNumber) VALUES (?, ?)", name, 63 - at);
    return new SimulatedSite(plan, sons, database, simulation);
  }

  /** The running program; undefined while it is down or starts. */
  get site(): Site | undefined {
    return this.#process?.isAlive ? this.#site : undefined;
  }

  get store(): Store | undefined {
    return this.#process?.isAlive ? this.#store : undefined;
  }

  /** The epoch of its log. */
  get epoch(): string {
    return this.#reader.epoch;
  }

  get lastSequence(): number {
    const [row] = this.database.all("SELECT seq FROM sqlite_sequence WHERE name = 'LiveDistLog'");
    return Number(row?.["seq"] ?? 0);
  }

  /** Gives what the database says of the link to a peer. */
  notes(peer: string): Readonly<Record<string, unknown>> {
    const [row] = this.database.all("SELECT State FROM LiveDistLinks WHERE Peer = ?", peer);
    return row ? (JSON.parse(String(row["State"])) as Record<string, unknown>) : {};
  }

  /** The slice that is in force at the father. */
  get slice(): string {
    return (this.notes(FATHER_CLIENT_ID)["topicsSlice"] as string | undefined) ?? this.plan.slice;
  }

  /** Says what the transaction at hand writes for its application; called within it. */
  writes(written: WrittenThing): void {
    this.#reader.written = written;
  }

  /** Starts its process; the run fails where that fails. */
  begin(): void {
    const { clock, note, bad } = this.#simulation;
    const process = new SimulatedProcess(clock, () => this.#skewMs);
    this.#process = process;
    note(`${this.plan.name} starts`);
    this.#start(process).catch((error: unknown) => {
      if (process.isAlive) bad("EXC", `${this.plan.name} does not start: ${inFull(error)}`);
    });
  }

  /** Ends its process as a power cut does, and starts another one some time later. */
  restart(downMs: number): void {
    this.#kill();
    this.#simulation.note(`${this.plan.name} is down for ${downMs} ms`);
    this.#simulation.count("restart");
    const before = this.#process;
    this.#simulation.clock.after(downMs, () => {
      if (this.#process === before) this.begin();
    });
  }

  /** Lets its process end at its next commit. */
  crashAtCommit(when: "before" | "after", downMs: number): void {
    this.#crash = { when, downMs };
  }

  skew(skewMs: number): void {
    this.#skewMs = skewMs;
  }

  /** Starts it where it is down, and lets it crash no more. */
  bringUp(): void {
    this.#crash = undefined;
    if (!this.#process?.isAlive) this.begin();
  }

  async trim(part: number): Promise<void> {
    const readTo = this.#service?.status("delta")["sequence"] as number | undefined;
    if (this.store && readTo !== undefined) await trimLog(this.store, part, readTo);
  }

  backup(): void {
    if (this.database.inTransaction) return;
    const held = new Set(this.#simulation.witness.heldAt(this.plan.name));
    this.#backup = { bytes: this.database.backup(), held };
    this.#simulation.count("backup");
  }

  /** Puts the backup back and, as its operator has to, begins a new epoch. */
  restore(downMs: number): void {
    if (!this.#backup) return;
    const { bytes, held } = this.#backup;
    this.#backup = undefined;
    this.#kill();
    this.database.restore(bytes);
    this.#simulation.witness.restored(this.plan.name, held);
    const epoch = `${this.plan.name}-${this.#boots}-restored`;
    this.database.all("UPDATE LiveDistState SET Value = ? WHERE Name = 'epoch'", epoch);
    this.#simulation.count("restore");
    this.restart(downMs);
  }

  async close(): Promise<void> {
    await this.site?.close();
    this.database.close();
  }

  async #start(process: SimulatedProcess): Promise<void> {
    this.#site = undefined;
    this.#store = this.database.open(process, this.#reader);
    this.#reader.epoch = String(this.database.all("SELECT Value FROM LiveDistState WHERE Name = 'epoch'")[0]!["Value"]);
    const dice = this.#simulation.dice(`site ${this.plan.name} ${++this.#boots}`);
    this.#site = await startSite({
      ...this.#plugs(process),
      schema,
      topicsOf,
      store: this.#store,
      clock: process,
      random: dice.random,
      newTechId: () => dice.guid(),
      logger: processLogger(this.plan.name, process, this.#simulation),
      // It is the only server of its site: whether it shows itself often changes nothing.
      beatMs: 3_600_000,
      updateForm: this.plan.form,
      signal: process.signal,
    });
  }

  #kill(): void {
    this.#simulation.network.server(this.plan.name).down();
    this.#process?.end();
    this.#site = undefined;
    this.#service = undefined;
    this.#crash = undefined;
    this.#reader.written = undefined;
    this.database.abandon();
  }

  #crashWhere(when: "before" | "after"): void {
    if (this.#crash?.when !== when) return;
    this.#simulation.count("crash at a commit");
    this.restart(this.#crash.downMs);
  }

  #plugs(process: SimulatedProcess): Required<Pick<StartSiteOptions, "config" | "httpServer" | "httpClient">> {
    const { name, father, slice, transport } = this.plan;
    const { dice, network } = this.#simulation;
    return {
      config: {
        LiveDistSiteId: name,
        LiveDistSons: this.#sons.map((son) => `${son}=${urlOf(son)}`).join(","),
        ...(father !== undefined && { LiveDistFatherServers: urlOf(father), LiveDistFatherTopicsSlice: slice }),
        LiveDistPollMs: "5000",
        LiveDistClientsPollMs: "60000",
        LiveDistLogKeepHours: "0",
        LiveDistLogBytesMax: String(dice(`log ${name}`).between(2_000, 50_000)),
        LiveDistLogInMemoryBytesMax: String(dice(`window ${name}`).pick([300, 1_000, 4_000, 20_000])),
      },
      httpServer: {
        listen: (service) =>
          process.whileAlive(() => {
            this.#service = service;
            network.server(name).up(service);
            return Promise.resolve({ url: urlOf(name), close: () => this.#unlisten(process) });
          }),
      },
      httpClient: ({ clientId, servers }) =>
        network.client({ name, clientId, process, transport, isSite: true }, siteAt(servers[0]!)),
    };
  }

  #unlisten(process: SimulatedProcess): Promise<void> {
    if (process.isAlive) this.#simulation.network.server(this.plan.name).down();
    return Promise.resolve();
  }
}

function urlOf(site: string): string {
  return `http://${site.toLowerCase()}.test`;
}

function siteAt(url: string): string {
  return new URL(url).hostname.replace(".test", "").toUpperCase();
}
