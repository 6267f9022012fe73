import { systemClock } from "../../../src/base/clock.js";
import { codeOf } from "../../../src/base/errors.js";
import { encodeDeltaBuffer } from "../../../src/delta/delta-buffer.js";
import { Edge } from "../../../src/edge/edge.js";
import { MapCopy } from "../../../src/edge/map-copy.js";
import { Replica } from "../../../src/edge/replica.js";
import { SiteMember } from "../../../src/site/servers/site-member.js";
import type { CleanUp } from "../../../src/site/start-configured.js";
import { startService } from "../../../src/site/start-live-dist.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store, StoreServers } from "../../../src/store/store.js";
import { parseTopicsSlice } from "../../../src/topics/topics-slice.js";
import { MovingClient } from "../../simulation/moving-client.js";
import { Dice } from "../../support/dice.js";
import { appendBytes, config, delta, id, Logged, schema } from "../../support/one-site.js";
import { SimulatedClock } from "../../support/simulated-clock.js";
import { type Faults, SimulatedClient, SimulatedNetwork } from "../../support/simulated-network.js";
import { OwnAccess } from "./shared-store.js";

const slices = ["A", "B", "A+B", "A+C", "A*!V", "C"];
const SERVERS = 3;
const EDGES = 4;
const OPERATIONS = 120;
const ENTITIES = 8;
const BEAT_MS = 1_000;
const mended: Faults = { loseRequest: 0, loseResponse: 0, cut: 0, delayMsMax: 5, repeat: 0 };
/** Long enough for everything that waits before it tries again. */
const RUN_MS_MAX = 24 * 3_600_000;

interface City {
  readonly topics: readonly string[];
  readonly size: number;
}

/** One server of the site as its process comes and goes. */
interface Server {
  readonly name: string;
  readonly access: OwnAccess;
  readonly network: SimulatedNetwork;
  member: SiteMember | undefined;
  steps: CleanUp;
}

interface RunningEdge {
  readonly clientId: string;
  readonly client: MovingClient;
  readonly edge: Edge;
  readonly replica: Replica<MapCopy>;
  readonly isRegistered: boolean;
}

/**
 * Runs several servers of one site in one process, from a seed: they are killed and start anew, fall behind, lose their
 * database for a while, and lead in turns; edges move among them, lose answers, are disabled, change their slices. In the end every
 * copy has to be exact. Gives what is wrong.
 */
export async function runServers(seed: number): Promise<readonly string[]> {
  const clock = new SimulatedClock();
  const run = await ServersRun.create(seed, clock);
  let isDone = false;
  const running = run.go().finally(() => (isDone = true));
  running.catch(() => undefined);
  await clock.run(() => isDone, RUN_MS_MAX);
  await running;
  return run.wrong;
}

class ServersRun {
  readonly wrong: string[] = [];
  readonly #dice: Dice;
  readonly #clock: SimulatedClock;
  readonly #store: Store;
  readonly #servers: Server[];
  readonly #logged = new Logged();
  readonly #truth = new Map<number, City>();
  readonly #disabled = new Set<string>();
  #edges: RunningEdge[] = [];
  #size = 0;

  static async create(seed: number, clock: SimulatedClock): Promise<ServersRun> {
    const store = await openStore("sqlite::memory:", { clock: systemClock, random: new Dice(seed + 1).random });
    for (let at = 0; at < EDGES; at++) await store.clients.add({ clientId: `e${at}`, bitNumber: at });
    return new ServersRun(seed, clock, store);
  }

  private constructor(seed: number, clock: SimulatedClock, store: Store) {
    const dice = new Dice(seed * 2_654_435_761);
    this.#dice = dice;
    this.#clock = clock;
    this.#store = store;
    const faults: Faults = {
      ...{ loseRequest: dice.between(0, 50) / 1_000, loseResponse: dice.between(0, 100) / 1_000 },
      ...{ cut: dice.between(0, 50) / 1_000, delayMsMax: dice.pick([5, 100, 1_000]), repeat: dice.pick([0, 0.1, 0.4]) },
    };
    const ignore = (): void => undefined;
    this.#servers = Array.from({ length: SERVERS }, (_, at) => ({
      name: `s${at}`,
      access: new OwnAccess(store),
      network: new SimulatedNetwork(clock, faults, ignore, ignore),
      member: undefined,
      steps: [],
    }));
  }

  async go(): Promise<void> {
    for (const server of this.#servers) await this.#start(server);
    this.#edges = Array.from({ length: EDGES }, (_, at) => this.#startEdge(at));
    for (let left = OPERATIONS; left > 0; left--) {
      await this.#wait(this.#dice.pick([0, 10, 100, 1_000]));
      await this.#do();
      this.#checkOneLeads();
    }
    await this.#mend();
    const endMs = this.#clock.now() + 600_000;
    while (this.#clock.now() < endMs && !(await this.#isAtRest())) await this.#wait(1_000);
    await this.#check();
    for (const { replica, edge } of this.#edges) {
      await replica.stop();
      await edge.close();
    }
    for (const server of this.#servers) await this.#kill(server);
    await this.#store.close();
  }

  async #do(): Promise<void> {
    const dice = this.#dice;
    const server = dice.pick(this.#servers);
    const edge = dice.pick(this.#edges);
    const roll = dice.random();
    if (roll < 0.5) await this.#write();
    else if (roll < 0.65) edge.client.move(server.name);
    else if (roll < 0.75) await this.#restart(server);
    else if (roll < 0.83) await this.#fallBehind(server);
    else if (roll < 0.93) edge.replica.changeSlice(dice.pick(slices)).catch(() => undefined);
    else await this.#toggle(edge.clientId);
  }

  async #write(): Promise<void> {
    const dice = this.#dice;
    const number = dice.between(1, ENTITIES);
    const held = this.#truth.get(number);
    const topics = [dice.pick(["A", "B", "C"]), ...(dice.chance(0.3) ? ["V"] : [])];
    const size = ++this.#size;
    const oper = held === undefined ? "CREATE" : dice.chance(0.12) ? "DELETE" : "UPDATE";
    const old = held && { oldTopics: [...held.topics] };
    const now = oper === "DELETE" ? { topics: [...held!.topics] } : { topics, fields: { size } };
    await appendBytes(this.#store, encodeDeltaBuffer(schema, [delta(oper, number, { ...now, ...old })]));
    if (oper === "DELETE") this.#truth.delete(number);
    else this.#truth.set(number, { topics, size });
    if (dice.chance(0.5)) this.#store.log.notify();
  }

  async #restart(server: Server): Promise<void> {
    await this.#kill(server);
    await this.#wait(this.#dice.pick([0, 500, 10_000]));
    await this.#start(server);
  }

  /** Lets a server not read the log for a while, or be without its database. */
  async #fallBehind(server: Server): Promise<void> {
    const ms = this.#dice.pick([100, 1_500, 8_000]);
    if (this.#dice.chance(0.3)) {
      server.access.isCut = true;
      this.#clock.after(ms, () => (server.access.isCut = false));
      return;
    }
    server.access.held ??= this.#wait(ms).then(() => (server.access.held = undefined));
    if (this.#dice.chance(0.3)) await server.access.held;
  }

  async #toggle(clientId: string): Promise<void> {
    const isOff = !this.#disabled.delete(clientId);
    if (isOff) this.#disabled.add(clientId);
    const sql = "UPDATE LiveDistClients SET IsDisabled = ? WHERE ClientId = ?";
    await this.#store.transaction((transaction) => transaction.run(sql, [isOff ? 1 : 0, clientId]));
  }

  async #mend(): Promise<void> {
    for (const clientId of [...this.#disabled]) await this.#toggle(clientId);
    for (const { access, network } of this.#servers) {
      await access.held;
      access.isCut = false;
      network.faults = mended;
    }
  }

  async #start(server: Server): Promise<void> {
    const { store } = server.access;
    await server.access.held;
    server.access.isCut = false;
    const clock = this.#clock;
    const logger = this.#logged;
    // A process that is killed does not sign off.
    const { servers: shared } = this.#store;
    const servers: StoreServers = {
      beat: (...asked) => shared.beat(...asked),
      list: () => shared.list(),
      isMaster: (...asked) => shared.isMaster(...asked),
      leave: () => Promise.resolve(),
    };
    const ask = (): Promise<undefined> => Promise.resolve(undefined);
    const member = new SiteMember({
      servers,
      duty: "live",
      kind: "both",
      agreed: "{}",
      ask,
      clock,
      logger,
      beatMs: BEAT_MS,
    });
    const random = this.#dice.fork().random;
    const options = { schema, clock, random, logger, member };
    const started = await startService(store, { ...config, pollMs: 1_000 }, options, server.steps);
    const { service, delta: read, clientsHere } = started;
    await member.start({ url: `http://${server.name}`, clients: clientsHere, sequence: () => read.sequence });
    server.member = member;
    server.network.up(service);
  }

  /** Ends a server as a power cut does: nobody is told. */
  async #kill(server: Server): Promise<void> {
    server.network.down();
    for (const step of server.steps.splice(0).reverse()) await step();
    await server.member?.stop();
    server.member = undefined;
  }

  #startEdge(at: number): RunningEdge {
    const clientId = `e${at}`;
    const clock = this.#clock;
    const dice = this.#dice.fork();
    const transport = dice.pick(["stream", "longPoll"] as const);
    const networkOf = (name: string): SimulatedNetwork => this.#servers.find((one) => one.name === name)!.network;
    const clientAt = (name: string): SimulatedClient =>
      new SimulatedClient(networkOf(name), clientId, dice.fork(), transport);
    const client = new MovingClient(clientId, clientAt, dice.pick(this.#servers).name);
    const isRegistered = at % 2 === 0;
    const tracking = isRegistered ? "registration" : "transition";
    const edge = new Edge(client, { schema, tracking, clock, random: dice.random });
    const replica = new Replica(edge, { slice: dice.pick(slices), copy: new MapCopy(), clock, random: dice.random });
    replica.on("error", (error) => {
      if (codeOf(error) === "Entity" || codeOf(error) === "FutureSequence") this.#bad(`${clientId}: ${String(error)}`);
    });
    replica.on("state", (state) => {
      if (state === "failed") this.#bad(`${clientId} has failed`);
    });
    replica.start().catch(() => undefined);
    return { clientId, client, edge, replica, isRegistered };
  }

  #checkOneLeads(): void {
    const leading = this.#servers.filter(({ member }) => member?.lease !== undefined);
    if (leading.length > 1) this.#bad(`${leading.map(({ name }) => name).join()} lead at once`);
  }

  async #isAtRest(): Promise<boolean> {
    const { lastSequence } = await this.#store.log.bounds();
    return this.#edges.every(({ replica, edge }) => replica.state === "live" && edge.sequence === lastSequence);
  }

  async #check(): Promise<void> {
    const { lastSequence } = await this.#store.log.bounds();
    for (const { clientId, replica, edge, isRegistered } of this.#edges) {
      const where = `${clientId} (${replica.topicsSlice}, ${replica.state} at ${edge.sequence} of ${lastSequence})`;
      const slice = parseTopicsSlice(replica.topicsSlice);
      for (const [number, { topics, size }] of this.#truth) {
        const held = replica.copy.get(id(number));
        const isSelected = slice.selects(topics);
        if (isSelected && held === undefined) this.#bad(`${where} lacks ${number} (${topics.join()})`);
        if (!isRegistered && !isSelected && held !== undefined)
          this.#bad(`${where} holds ${number} (${topics.join()})`);
        const isVetoed = isRegistered && slice.vetoes(topics);
        const has = held?.fields["size"];
        if (held !== undefined && !isVetoed && has !== size)
          this.#bad(`${where} has ${number} with ${String(has)}, not ${size}`);
      }
      for (const { techId } of replica.copy.values())
        if (!this.#truth.has(Number(techId.slice(-12)))) this.#bad(`${where} holds ${techId}, which was deleted`);
    }
  }

  #bad(what: string): void {
    this.wrong.push(what);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }
}
