import { sleep } from "../../src/base/clock.js";
import type { Store } from "../../src/store/store.js";
import { CheckedCopy } from "./checked-copy.js";
import type { Dice } from "../support/dice.js";
import { anySlice, type OwnWriter } from "./generate.js";
import type { Model } from "./model.js";
import { RegisteredHand } from "./registered-hand.js";
import { type ReplicaClient, SimulatedReplica } from "./simulated-replica.js";
import { StreamHand } from "./stream-hand.js";

/** The ClientId of all clients that are not registered. */
const SHARED = "model";
const bits = [0, 1, 31, 32, 63];

/** The clients of a run: Replicas of both kinds, and programs that make the calls of an Edge themselves. */
export class ModelClients {
  readonly #model: Model;
  readonly #dice: Dice;
  readonly #isOwn: boolean;
  readonly #replicas: SimulatedReplica[];
  readonly #hands: RegisteredHand[];
  /** Second processes of the same clients; each of the two is fenced by what the other does. */
  readonly #twins: RegisteredHand[];
  readonly #streams: StreamHand[];
  readonly #registered: readonly string[];

  /** `isOwn`: the application tells also of what the clients' own applications wrote. */
  constructor(model: Model, dice: Dice, isOwn: boolean) {
    this.#model = model;
    this.#dice = dice;
    this.#isOwn = isOwn;
    const many = (most: number): number[] => Array.from({ length: dice.between(0, most) }, (_, index) => index);
    const hand = (name: string, index: number): RegisteredHand =>
      new RegisteredHand(name, `c${index}`, model, dice.fork());
    this.#replicas = [
      ...many(2).map((index) => this.#replica(`copy ${index}`, { clientId: SHARED, tracking: "transition" })),
      ...many(2).map((index) => this.#replica(`kept ${index}`, { clientId: `r${index}`, tracking: "registration" })),
    ];
    this.#hands = many(2).map((index) => hand(`hand ${index}`, index));
    this.#twins = this.#hands.flatMap((_, index) => (dice.chance(0.2) ? [hand(`twin ${index}`, index)] : []));
    this.#streams = many(1).map((index) => new StreamHand(`stream ${index}`, model, dice.fork()));
    this.#registered = ["c0", "c1", "r0", "r1"];
  }

  async enter(store: Store): Promise<void> {
    for (const [index, clientId] of [SHARED, ...this.#registered].entries())
      await store.clients.add({ clientId, bitNumber: bits[index]! });
  }

  /** Lets all clients do what they like while something goes on. */
  use(goOn: () => boolean): Promise<void>[] {
    const loop = async (stepMsMax: number, dice: Dice, step: (dice: Dice) => Promise<void>): Promise<void> => {
      while (goOn()) {
        await sleep(this.#model.clock, dice.between(0, stepMsMax));
        await step(dice);
      }
    };
    for (const replica of this.#replicas) replica.start();
    return [
      ...this.#replicas.map((replica) => loop(30_000, this.#dice.fork(), (dice) => this.#useReplica(replica, dice))),
      ...this.#hands.map((hand) => loop(3_000, this.#dice.fork(), () => hand.step())),
      ...this.#twins.map((twin) => loop(60_000, this.#dice.fork(), () => twin.step())),
      ...this.#streams.map((stream) => loop(10_000, this.#dice.fork(), () => stream.step())),
    ];
  }

  /** Gives a client whose own application writes, if one does. */
  anyWriter(dice: Dice): OwnWriter | undefined {
    return this.#isOwn && this.#hands.length > 0 ? dice.pick(this.#hands) : undefined;
  }

  async disableOrEnable(store: Store, dice: Dice): Promise<void> {
    const clients = await store.clients.list();
    const disabled = clients.filter(({ isDisabled }) => isDisabled);
    if (disabled.length > 0) return this.enableAll(store);
    await store.clients.disable(dice.pick(clients).clientId);
    this.#model.count("disabled");
  }

  async enableAll(store: Store): Promise<void> {
    for (const { clientId, isDisabled } of await store.clients.list())
      if (isDisabled) await store.clients.enable(clientId);
  }

  /** Tells whether all are at the end of the log, and lets them go on to it. */
  async settle(epoch: string, sequence: number): Promise<boolean> {
    for (const twin of this.#twins.splice(0)) await twin.close();
    let isThere = this.#replicas.every((replica) => replica.isAt(epoch, sequence));
    for (const client of [...this.#hands, ...this.#streams])
      if (!(await client.settle(epoch, sequence))) isThere = false;
    return isThere;
  }

  describe(): string {
    return [...this.#replicas, ...this.#hands, ...this.#streams].map((client) => client.describe()).join("; ");
  }

  checkAtEnd(): void {
    const { count } = this.#model;
    for (const { copy } of this.#replicas) {
      copy.check(copy.state()!);
      count("checks", copy.checks);
      count("entities", copy.held.size);
    }
    for (const { size } of this.#hands) count("entities of hands", size);
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas) await replica.stop();
    for (const client of [...this.#hands, ...this.#streams]) await client.close();
  }

  async #useReplica(replica: SimulatedReplica, dice: Dice): Promise<void> {
    const { clock, count } = this.#model;
    const roll = dice.random();
    if (roll < 0.3) {
      await replica.stop();
      await sleep(clock, dice.pick([0, 1_000, 60_000]));
      replica.start();
      count("start again");
    } else if (roll < 0.5) {
      await Promise.race([replica.changeSlice(anySlice(dice)), sleep(clock, 60_000)]);
      count("change slice");
    }
  }

  #replica(name: string, client: ReplicaClient): SimulatedReplica {
    const dice = this.#dice.fork();
    const slowMsMax = dice.pick([0, 0, 200, 20_000]);
    const copy = new CheckedCopy(name, this.#model, dice.fork(), slowMsMax, client.tracking);
    return new SimulatedReplica(copy, anySlice(dice), client, this.#model, dice.fork());
  }
}
