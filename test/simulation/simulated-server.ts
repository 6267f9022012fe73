import type { Site } from "../../src/site/site.js";
import { startSite, type StartSiteOptions } from "../../src/site/start-site.js";
import type { Store } from "../../src/store/store.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { CommitReader, type WrittenThing } from "./commit-reader.js";
import { pausingService } from "./pausing-service.js";
import { inFull, processLogger } from "./process-logger.js";
import type { SitePlan } from "./scenario.js";
import { serverAt, urlOf } from "./server-names.js";
import { AWAY, type SimulatedDatabase } from "./simulated-database.js";
import { SimulatedProcess } from "./simulated-process.js";
import type { Simulation } from "./simulation.js";
import { schema, topicsOf } from "./things.js";

/** Milliseconds from one sign of life to the next: of the only server of its site, which changes nothing by it, hardly any. */
const BEAT_MS = { alone: 3_600_000, together: 1_000 };
/** After so many milliseconds a person starts a server again that the log was trimmed in front of. */
const NOTICED_MS = 5_000;

export interface SimulatedServerParts {
  readonly name: string;
  readonly role: string;
  readonly plan: SitePlan;
  readonly sons: readonly string[];
  readonly database: SimulatedDatabase;
  readonly simulation: Simulation;
  /** How far the clock of its machine is from the time of the run. */
  readonly skewMs: () => number;
  /** Gives another server of the site. */
  readonly peer: (name: string) => SimulatedServer | undefined;
}

/** One server of a site: a process that comes and goes, on the site's database. */
export class SimulatedServer {
  readonly name: string;
  readonly role: string;
  /** Whether it has left its site for good. */
  isGone = false;
  readonly #parts: SimulatedServerParts;
  readonly #reader: CommitReader;
  #boots = 0;
  #process: SimulatedProcess | undefined;
  #store: Store | undefined;
  #site: Site | undefined;
  #service: LiveDistService | undefined;
  #crash: { readonly when: "before" | "after"; readonly downMs: number } | undefined;
  /** Until when it does not reach its database. */
  #awayUntilMs = -Infinity;
  /** Whether it reaches no other server of its site either, as long. */
  #isCutOff = false;
  /** Whether something kept it from reading the log for a while, since it was started. */
  #wasKept = false;

  constructor(parts: SimulatedServerParts) {
    this.name = parts.name;
    this.role = parts.role;
    this.#parts = parts;
    this.#reader = new CommitReader(parts.plan, urlOf(parts.name), parts.database, parts.simulation, {
      before: () => this.#crashWhere("before"),
      after: () => this.#crashWhere("after"),
    });
  }

  get isAlive(): boolean {
    return this.#process?.isAlive ?? false;
  }

  /** The running program; undefined while it is down or starts. */
  get site(): Site | undefined {
    return this.isAlive ? this.#site : undefined;
  }

  get store(): Store | undefined {
    return this.isAlive ? this.#store : undefined;
  }

  /** How far it has read its log; undefined while it starts. */
  get readTo(): number | undefined {
    return this.#service?.status("delta")["sequence"] as number | undefined;
  }

  /** Says what the transaction at hand writes for its application; called within it. */
  writes(written: WrittenThing): void {
    this.#reader.written = written;
  }

  /** Starts its process; the run fails where that fails. */
  begin(): void {
    const { simulation, skewMs } = this.#parts;
    const { clock, note, bad } = simulation;
    const process = new SimulatedProcess(clock, skewMs);
    this.#process = process;
    note(`${this.name} starts`);
    this.#start(process).catch((error: unknown) => {
      if (!process.isAlive) return;
      if (!String(error).includes(AWAY) && !this.#isAway) bad("EXC", `${this.name} does not start: ${inFull(error)}`);
      else this.restart(NOTICED_MS);
    });
    this.#wasKept = false;
  }

  /** Ends its process as a power cut does, and starts another one some time later. */
  restart(downMs: number): void {
    const { clock, note, count } = this.#parts.simulation;
    this.kill();
    note(`${this.name} is down for ${downMs} ms`);
    count("restart");
    const before = this.#process;
    clock.after(downMs, () => {
      if (this.#process === before && !this.isGone) this.begin();
    });
  }

  /** Lets its process end at its next commit. */
  crashAtCommit(when: "before" | "after", downMs: number): void {
    this.#crash = { when, downMs };
  }

  /** Lets its process stand still. */
  pause(pauseMs: number): void {
    if (!this.isAlive) return;
    this.#parts.simulation.count("pause");
    this.#wasKept = true;
    this.#process!.pause(pauseMs);
  }

  /** Takes its database from it for a while, and perhaps the other servers too. */
  blind(blindMs: number, isCutOff: boolean): void {
    const { clock, count } = this.#parts.simulation;
    count("database away");
    this.#wasKept = true;
    this.#isCutOff = isCutOff;
    this.#awayUntilMs = clock.now() + blindMs;
  }

  /** Starts it where it is down, and lets nothing more happen to it. */
  bringUp(): void {
    this.#crash = undefined;
    this.#awayUntilMs = -Infinity;
    if (!this.isGone && !this.isAlive) this.begin();
  }

  /** Ends its process as a power cut does. */
  kill(): void {
    const { database, simulation } = this.#parts;
    simulation.network.server(this.name).down();
    this.#process?.end();
    this.#site = undefined;
    this.#service = undefined;
    this.#crash = undefined;
    this.#reader.written = undefined;
    if (this.#process) database.abandon(this.#process);
  }

  /** Ends it in order, for good. */
  async leave(): Promise<void> {
    this.isGone = true;
    this.#parts.simulation.count("a server leaves");
    await this.close();
    this.kill();
  }

  async close(): Promise<void> {
    await this.site?.close();
  }

  /** Gives whether it reads its database, as far as another server is told. */
  answers(): boolean | undefined {
    if (!this.#service || this.#process!.isPaused || this.#hearsNobody) return undefined;
    return this.#service.status("delta")["database"] === "reached";
  }

  get #hearsNobody(): boolean {
    return this.#isAway && this.#isCutOff;
  }

  get #isAway(): boolean {
    return this.#parts.simulation.clock.now() < this.#awayUntilMs;
  }

  async #start(process: SimulatedProcess): Promise<void> {
    const { plan, database, simulation } = this.#parts;
    const isAway = (): boolean => this.#isAway;
    const reader = this.#reader;
    this.#site = undefined;
    this.#store = database.open({
      process,
      get isAway() {
        return isAway();
      },
      committing: (...given) => reader.committing(...given),
      committed: () => reader.committed(),
    });
    reader.epoch = database.epoch;
    const dice = simulation.dice(`site ${this.name} ${++this.#boots}`);
    this.#site = await startSite({
      ...this.#plugs(process),
      schema,
      topicsOf,
      store: this.#store,
      clock: process,
      random: dice.random,
      newTechId: () => dice.guid(),
      logger: processLogger(this.name, process, simulation, (message, error) => this.#isExpected(message, error)),
      beatMs: plan.servers === undefined ? BEAT_MS.alone : BEAT_MS.together,
      updateForm: plan.form,
      signal: process.signal,
    });
  }

  /** Tells whether an error that is logged is no failure of the program, and does what a person would. */
  #isExpected(message: string, error: string): boolean {
    // A server that leads no more may hear of it by what its links are answered.
    if (this.#parts.plan.servers !== undefined && error.includes("a newer session of the client")) return true;
    if (!this.#wasKept) return false;
    if (error.includes(AWAY)) return true;
    if (!message.includes("trimmed beyond")) return false;
    const { clock, count } = this.#parts.simulation;
    const process = this.#process;
    count("a server starts anew, which the log was trimmed in front of");
    clock.after(NOTICED_MS, () => {
      if (this.#process === process && process?.isAlive) this.restart(0);
    });
    return true;
  }

  #crashWhere(when: "before" | "after"): void {
    if (this.#crash?.when !== when) return;
    this.#parts.simulation.count("crash at a commit");
    this.restart(this.#crash.downMs);
  }

  #plugs(
    process: SimulatedProcess,
  ): Required<Pick<StartSiteOptions, "config" | "httpServer" | "httpClient" | "askServer">> {
    const { plan, sons, simulation } = this.#parts;
    const { name, father, slice, transport } = plan;
    const { dice, network, serversOf } = simulation;
    const urlsOf = (site: string): readonly string[] => serversOf(site).map(urlOf);
    return {
      config: {
        LiveDistSiteId: name,
        LiveDistServerRole: this.role,
        LiveDistSons: sons.map((son) => `${son}=${urlsOf(son).join("|")}`).join(","),
        ...(father !== undefined && {
          LiveDistFatherServers: urlsOf(father).join(","),
          LiveDistFatherTopicsSlice: slice,
        }),
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
            network.server(this.name).up(pausingService(service, process));
            return Promise.resolve({ url: urlOf(this.name), close: () => this.#unlisten(process) });
          }),
      },
      httpClient: ({ clientId, servers }) =>
        network.reach({ name, clientId, process, transport, isSite: true }, servers.map(serverAt)),
      askServer: (url) => Promise.resolve(this.#hearsNobody ? undefined : this.#parts.peer(serverAt(url))?.answers()),
    };
  }

  #unlisten(process: SimulatedProcess): Promise<void> {
    if (process.isAlive) this.#parts.simulation.network.server(this.name).down();
    return Promise.resolve();
  }
}
