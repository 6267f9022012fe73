import { FATHER_CLIENT_ID } from "../../src/site/links/father-client-id.js";
import type { Link } from "../../src/site/links/link.js";
import type { Site } from "../../src/site/site.js";
import type { Store } from "../../src/store/store.js";
import type { SitePlan } from "./scenario.js";
import { firstServers, rolesOf, serverName } from "./server-names.js";
import { SimulatedDatabase } from "./simulated-database.js";
import { SimulatedServer } from "./simulated-server.js";
import type { Simulation } from "./simulation.js";
import { trimLog } from "./trim-log.js";

/** A site of the tree: its database, and the servers on it. */
export class SimulatedSite {
  readonly plan: SitePlan;
  readonly database: SimulatedDatabase;
  readonly #simulation: Simulation;
  readonly #sons: readonly string[];
  readonly #servers = new Map<string, SimulatedServer>();
  #skewMs: number;
  #restores = 0;
  #backup: { readonly bytes: Buffer; readonly held: ReadonlySet<string> } | undefined;

  private constructor(plan: SitePlan, sons: readonly string[], database: SimulatedDatabase, simulation: Simulation) {
    this.plan = plan;
    this.database = database;
    this.#sons = sons;
    this.#simulation = simulation;
    this.#skewMs = plan.skewMs;
    for (const role of rolesOf(plan)) this.#add(role);
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

  get servers(): readonly SimulatedServer[] {
    return [...this.#servers.values()];
  }

  server(name: string): SimulatedServer | undefined {
    return this.#servers.get(name);
  }

  /** The running program of any of its servers; undefined while all are down or start. */
  get site(): Site | undefined {
    return this.servers.find(({ site }) => site)?.site;
  }

  get store(): Store | undefined {
    return this.servers.find(({ store }) => store)?.store;
  }

  /** The program that its links run in, as far as it knows. */
  get leading(): Site | undefined {
    const running = this.servers.flatMap(({ site }) => site ?? []);
    return this.#neighbours === 0 ? running[0] : running.find(({ links }) => links.length > 0);
  }

  /** The links as they are at the moment; undefined while they are not all there. */
  get links(): readonly Link[] | undefined {
    const { leading } = this;
    return leading?.links.length === this.#neighbours ? leading.links : undefined;
  }

  /** The epoch of its log. */
  get epoch(): string {
    return this.database.epoch;
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

  begin(): void {
    for (const server of this.servers) server.begin();
  }

  skew(skewMs: number): void {
    this.#skewMs = skewMs;
  }

  /** Starts all of it that is down, and lets nothing more happen to it. */
  bringUp(): void {
    for (const server of this.servers) server.bringUp();
  }

  /** Lets another server run. */
  join(role: string): void {
    this.#simulation.count("a server joins");
    this.#add(role).begin();
  }

  /** Ends a server for good, where others are told of another one that is live. */
  async leave(name: string): Promise<void> {
    const first = firstServers(this.plan).map((one) => this.#servers.get(one)!);
    if (first.some((one) => one.name !== name && one.role === "live" && !one.isGone))
      await this.#servers.get(name)?.leave();
  }

  async trim(part: number): Promise<void> {
    const running = this.servers.filter(({ isAlive }) => isAlive);
    const readTo = running.map((server) => server.readTo);
    if (this.store && !readTo.includes(undefined)) await trimLog(this.store, part, Math.min(...(readTo as number[])));
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
    for (const server of this.servers) server.kill();
    this.database.restore(bytes);
    this.#simulation.witness.restored(this.plan.name, held);
    const epoch = `${this.plan.name}-${++this.#restores}-restored`;
    this.database.all("UPDATE LiveDistState SET Value = ? WHERE Name = 'epoch'", epoch);
    this.#simulation.count("restore");
    for (const server of this.servers) if (!server.isGone) server.restart(downMs);
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.close();
    this.database.close();
  }

  /** How many links it has. */
  get #neighbours(): number {
    return this.#sons.length + (this.plan.father === undefined ? 0 : 1);
  }

  #add(role: string): SimulatedServer {
    const server = new SimulatedServer({
      ...{ plan: this.plan, sons: this.#sons, database: this.database, simulation: this.#simulation, role },
      name: serverName(this.plan.name, this.#servers.size),
      skewMs: () => this.#skewMs,
      peer: (name) => this.#servers.get(name),
    });
    this.#servers.set(server.name, server);
    return server;
  }
}
