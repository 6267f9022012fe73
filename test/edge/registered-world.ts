import { sleep } from "../../src/base/clock.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { Edge } from "../../src/edge/edge.js";
import type { Entity } from "../../src/edge/entity.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { startService } from "../../src/site/start-live-dist.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { parseTopicsSlice, type TopicsSlice } from "../../src/topics/topics-slice.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { id, person, schema } from "./answers.js";
import type { Fault } from "./fake-site.js";
import { ServiceClient } from "./service-client.js";

/** The log keeps half a minute. Nobody polls: a change is told. */
const HOUR_MS = 3_600_000;
const config = {
  pollMs: HOUR_MS,
  clientsPollMs: HOUR_MS,
  logKeepHours: 30_000 / HOUR_MS,
  logBytesMax: 0,
  logInMemoryBytesMax: 1 << 26,
};

/** An application's entity. */
interface Row {
  readonly topics: readonly string[];
  readonly age: number;
}

/** An application with a few people, a real server, a network with faults, and one registered Replica. */
export class RegisteredWorld {
  readonly clock = new ManualClock();
  readonly store: Store;
  readonly copy = new MapCopy();
  readonly rows = new Map<number, Row>();
  /** What a listener makes of the changes that it is told. */
  readonly view = new Map<string, Entity>();
  readonly problems: string[] = [];
  readonly slicesAsked = new Set<string>();
  readonly everSelected = new Set<string>();
  fault: Fault = () => "none";
  /** What every message takes. */
  delayMs = 0;
  slice: string;
  replica!: Replica;
  #service: LiveDistService | undefined;
  #steps: (() => Promise<void> | void)[] = [];
  #age = 0;

  private constructor(store: Store, clock: ManualClock, slice: string) {
    this.store = store;
    this.clock = clock;
    this.slice = slice;
  }

  static async start(slice: string): Promise<RegisteredWorld> {
    const clock = new ManualClock();
    const store = await openStore("sqlite::memory:", { clock });
    await store.clients.add({ clientId: "c1", bitNumber: 0 });
    const world = new RegisteredWorld(store, clock, slice);
    for (const [at, topics] of [["A"], ["B"], ["A", "V"], ["B", "V"]].entries()) await world.write(at + 1, topics, 0);
    await world.startServer();
    world.startReplica();
    return world;
  }

  /** Creates, changes or deletes (without topics) the n-th entity; of a change `variant` says in which delta-objects. */
  async write(n: number, topics: readonly string[] | undefined, variant: number): Promise<void> {
    const before = this.rows.get(n);
    if (!before && !topics) return;
    const row = topics && { topics, age: ++this.#age };
    const rest = { topics: topics ?? before!.topics, oldTopics: before?.topics ?? null };
    const whole = { name: `person ${n}`, age: this.#age };
    const changed = { age: this.#age };
    let deltas: DeltaObject[];
    if (!row) deltas = [person(n, { oper: "DELETE", ...rest })];
    else if (!before) deltas = [person(n, { oper: "CREATE", ...rest, fields: whole })];
    else if (variant === 0) deltas = [person(n, { oper: "UPDATE", ...rest, fields: changed })];
    else
      deltas = [
        person(n, { oper: "REGISTER", ...rest, fields: {} }),
        person(n, { oper: "PARTIAL", ...rest, fields: changed }),
        person(n, { oper: "FULL", ...rest, fields: whole }),
      ];
    if (row) this.rows.set(n, row);
    else this.rows.delete(n);
    this.#noteSelected();
    const bytes = encodeDeltaBuffer(schema, deltas);
    await this.store.transaction((transaction) => this.store.log.append(transaction, bytes));
    await this.#read();
  }

  async startServer(): Promise<void> {
    const people = (): DeltaObject[] => [...this.rows].map(([n, row]) => wholePerson(n, row));
    // eslint-disable-next-line @typescript-eslint/require-await -- it stands for a database
    const readAll = async function* (): AsyncGenerator<readonly DeltaObject[]> {
      yield people();
    };
    const steps: (() => Promise<void> | void)[] = [];
    const options = { schema, reader: { readAll }, clock: this.clock };
    ({ service: this.#service } = await startService(this.store, config, options, steps));
    this.#steps = steps;
  }

  async stopServer(): Promise<void> {
    this.#service = undefined;
    for (const step of this.#steps.splice(0).reverse()) await step();
  }

  startReplica(): void {
    const { clock, copy, view } = this;
    const random = (): number => 0.5;
    const client = new ServiceClient(
      () => this.#service,
      () => this.fault(),
      () => (this.delayMs > 0 ? sleep(clock, this.delayMs) : Promise.resolve()),
    );
    const edge = new Edge(client, { schema, tracking: "registration", clock, random });
    this.slicesAsked.add(this.slice);
    this.#noteSelected();
    const replica = new Replica(edge, { slice: this.slice, copy, clock, random });
    replica.on("change", ({ kind, techId, entity }) => {
      if ((kind === "enter") === view.has(techId)) this.problems.push(`${kind} of ${techId}`);
      if (kind === "leave") view.delete(techId);
      else view.set(techId, entity);
    });
    replica.on("error", (error) => {
      // It would be mended; but a server that works never lets a copy miss something.
      if ((error as { code?: string }).code === "Entity") this.problems.push(String(error));
    });
    replica.start().catch((error: unknown) => {
      if ((error as { code?: string }).code !== "Closed") this.problems.push(`start rejected with ${String(error)}`);
    });
    this.replica = replica;
  }

  changeSlice(slice: string): void {
    this.slice = slice;
    this.slicesAsked.add(slice);
    this.#noteSelected();
    const before = parseTopicsSlice(this.replica.topicsSlice);
    this.replica.changeSlice(slice).then(
      () => this.#checkDropped(before, parseTopicsSlice(slice)),
      (error: unknown) => {
        const isClosed = (error as { code?: string }).code === "Closed";
        if (!isClosed) this.problems.push(`${slice} was refused: ${String(error)}`);
      },
    );
  }

  #checkDropped(before: TopicsSlice, now: TopicsSlice): void {
    for (const { techId, topics } of this.copy.values())
      if (before.selects(topics) && !now.selects(topics)) this.problems.push(`${techId} was not dropped`);
  }

  async comeToRest(): Promise<void> {
    this.fault = () => "none";
    this.delayMs = 0;
    if (!this.#service) await this.startServer();
    await this.clock.advance(65_000);
    // Whoever is not registered on what it holds is found out by a change of everything.
    for (const [n, { topics }] of [...this.rows]) await this.write(n, topics, 0);
    await this.clock.advance(65_000);
  }

  get held(): Map<string, Entity> {
    return new Map([...this.copy.values()].map((entity) => [entity.techId, entity]));
  }

  /** Gives what is wrong with the copy, which has come to rest. */
  faultsOfCopy(): string[] {
    const slice = parseTopicsSlice(this.slice);
    const wrong: string[] = [];
    const held = new Set(this.copy.techIds());
    for (const [n, row] of this.rows) {
      const entity = this.copy.get(id(n));
      if (slice.selects(row.topics) && !entity) wrong.push(`${n} is selected and not held`);
      const isCurrent = entity?.fields["age"] === row.age && String(entity.topics) === String(row.topics);
      if (entity && !isCurrent && !slice.vetoes(row.topics)) wrong.push(`${n} is held and not current`);
      held.delete(id(n));
    }
    for (const techId of held) wrong.push(`${techId} is held and deleted`);
    for (const techId of this.copy.techIds())
      if (!this.everSelected.has(techId)) wrong.push(`${techId} was never selected`);
    return wrong;
  }

  async close(): Promise<void> {
    await this.replica.stop();
    await this.stopServer();
    await this.store.close();
  }

  async #read(): Promise<void> {
    this.#service?.notify();
    for (let turn = 0; turn < 3; turn++) await settle();
  }

  #noteSelected(): void {
    for (const [n, { topics }] of this.rows)
      for (const slice of this.slicesAsked) if (parseTopicsSlice(slice).selects(topics)) this.everSelected.add(id(n));
  }
}

function wholePerson(n: number, { topics, age }: Row): DeltaObject {
  return person(n, { oper: "CREATE", topics, fields: { name: `person ${n}`, age } });
}
