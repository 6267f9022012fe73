import { isDeepStrictEqual } from "node:util";
import { sleep } from "../../src/base/clock.js";
import { codeOf } from "../../src/base/errors.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { Edge } from "../../src/edge/edge.js";
import type { Load } from "../../src/edge/load.js";
import type { Position } from "../../src/wire/requests.js";
import { schema } from "./classes.js";
import type { Dice } from "../support/dice.js";
import { show } from "./expect-same.js";
import { anySlice } from "./generate.js";
import type { Model } from "./model.js";
import { selects, selectsRouted } from "./oracle-topics.js";
import { SimulatedClient } from "../support/simulated-network.js";

const lost: readonly unknown[] = ["SequenceTooOld", "EpochChanged", "FutureSequence"];
const passing: readonly unknown[] = ["Network", "Closed", "ClientDisabled"];
const streamed: readonly string[] = ["CREATE", "PARTIAL", "UPDATE"];

/**
 * A program that reads the stream of mode `none` and holds each piece of it against what stands in the log: nothing is missing,
 * nothing is there twice or in another order. Its loads, which keep nothing at the server, have to bring exactly what is asked for.
 */
export class StreamHand {
  readonly #name: string;
  readonly #model: Model;
  readonly #dice: Dice;
  #edge: Edge;
  #at: { readonly topicsSlice: string; readonly position: Position } | undefined;

  constructor(name: string, model: Model, dice: Dice) {
    this.#name = name;
    this.#model = model;
    this.#dice = dice;
    this.#edge = this.#newEdge();
  }

  /** Does one thing. Rejects where something is not as the protocol says. */
  async step(): Promise<void> {
    await this.#attempt(() => this.#anything());
  }

  /** Reads on; tells whether it is at the end of the log. */
  async settle(epoch: string, sequence: number): Promise<boolean> {
    await this.#attempt(() => (this.#edge.position ? this.#fetch() : this.#fullLoad()));
    return this.#at?.position.epoch === epoch && this.#at.position.sequence === sequence;
  }

  async close(): Promise<void> {
    await this.#edge.close();
  }

  describe(): string {
    return `${this.#name} at ${JSON.stringify(this.#at)}`;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const code = codeOf(error);
      if (code !== undefined) this.#model.count(`stream: ${code}`);
      if (lost.includes(code)) await this.#startAnew();
      else if (passing.includes(code)) await sleep(this.#model.clock, this.#dice.between(0, 10_000));
      else throw error;
    }
  }

  async #anything(): Promise<void> {
    const roll = this.#dice.random();
    if (this.#at === undefined) return this.#fullLoad();
    if (this.#edge.position === undefined) return this.#skipLoad();
    if (roll < 0.65) return this.#fetch();
    if (roll < 0.7) return this.#fullLoad();
    if (roll < 0.78) return this.#partialLoad();
    if (roll < 0.88) return this.#syncLoad();
    return this.#restart();
  }

  async #fetch(): Promise<void> {
    const { deltas, sequence } = await this.#edge.fetchDeltas({ waitMsMax: this.#dice.pick([0, 5_000, 30_000]) });
    this.#expectStream(deltas, sequence);
    this.#moved();
  }

  async #fullLoad(): Promise<void> {
    const slice = anySlice(this.#dice);
    const { deltas, sequence } = await take(await this.#edge.fullLoad(slice));
    this.#expectIds("is loaded with", deltas, [...this.#model.oracle.selected(slice, sequence).keys()]);
    this.#moved();
  }

  async #partialLoad(): Promise<void> {
    const { topicsSlice } = this.#at!;
    const slice = anySlice(this.#dice);
    const { deltas, sequence } = await take(await this.#edge.partialLoad(slice));
    const isOwed = (delta: DeltaObject): boolean => delta.sequence !== undefined;
    this.#expectStream(deltas.filter(isOwed), sequence);
    const added = [...this.#model.oracle.selected(slice, sequence).values()].filter(
      ({ topics }) => !selects(topicsSlice, topics),
    );
    this.#expectIds(
      "is widened by",
      deltas.filter((delta) => !isOwed(delta)),
      added.map(({ techId }) => techId),
    );
    this.#moved();
  }

  /** With a position or a time, and with or without the tech-ids that it may have. */
  async #syncLoad(): Promise<void> {
    const { oracle, log, clock } = this.#model;
    const { topicsSlice, position } = this.#at!;
    const since = this.#dice.chance(0.7) ? position : new Date(clock.now() - this.#dice.between(0, 300_000));
    const named = this.#dice.chance(0.5) ? undefined : this.#dice.some([...oracle.at(position.sequence).keys()], 0.5);
    const load = named
      ? await this.#edge.syncLoad(named, topicsSlice, since)
      : await this.#edge.syncLoad(topicsSlice, since);
    const { deltas, sequence } = await take(load);
    const changed = log.changed(position.sequence, sequence);
    const isSame = this.#edge.position!.epoch === position.epoch;
    const expected = [...oracle.selected(topicsSlice, sequence).values()].filter(({ techId, updateTimeMs }) =>
      since instanceof Date ? updateTimeMs >= since.getTime() : !isSame || changed.has(techId),
    );
    this.#expectIds(
      "is synchronized with",
      deltas,
      expected.map(({ techId }) => techId),
    );
    const there = oracle.at(sequence);
    const gone = named?.filter((techId) => !there.has(techId)) ?? [];
    if (!isDeepStrictEqual([...load.gone].sort(), gone.sort()))
      throw this.#error(`hears that ${show(load.gone)} are gone`);
    this.#moved();
  }

  async #skipLoad(): Promise<void> {
    await this.#edge.skipLoad(this.#at!.topicsSlice, this.#at!.position);
  }

  async #restart(): Promise<void> {
    await this.#edge.close();
    this.#edge = this.#newEdge();
    await this.#skipLoad();
  }

  async #startAnew(): Promise<void> {
    await this.#edge.close();
    this.#edge = this.#newEdge();
    this.#at = undefined;
  }

  #moved(): void {
    this.#at = { topicsSlice: this.#edge.topicsSlice!, position: this.#edge.position! };
    this.#model.count("checks none");
  }

  /** Throws unless deltas are all that the log has for this client from its position to a sequence-number. */
  #expectStream(given: readonly DeltaObject[], through: number): void {
    const { topicsSlice, position } = this.#at!;
    const expected: DeltaObject[] = [];
    for (const { sequence, deltas } of this.#model.log.rows(position.sequence, through))
      for (const delta of deltas)
        if (streamed.includes(delta.oper) && selectsRouted(topicsSlice, delta.topics))
          expected.push({ ...delta, sequence });
    if (!isDeepStrictEqual(given, expected))
      throw this.#error(`up to ${through}: is given\n${inShort(given)}\nand should be given\n${inShort(expected)}`);
  }

  #expectIds(what: string, given: readonly DeltaObject[], expected: readonly string[]): void {
    const ids = given.map(({ techId }) => techId).sort();
    if (!isDeepStrictEqual(ids, [...expected].sort()))
      throw this.#error(`${what} ${show(ids)} and not with ${show(expected)}`);
  }

  #error(message: string): Error {
    return new Error(`${this.describe()}: ${message}`);
  }

  #newEdge(): Edge {
    const { network, clock } = this.#model;
    const client = new SimulatedClient(network, "model", this.#dice.fork(), "longPoll");
    return new Edge(client, { schema, tracking: "none", clock, random: this.#dice.random });
  }
}

async function take(load: Load): Promise<{ deltas: DeltaObject[]; sequence: number }> {
  const deltas: DeltaObject[] = [];
  for await (const delta of load) deltas.push(delta);
  return { deltas, sequence: load.sequence };
}

function inShort(deltas: readonly DeltaObject[]): string {
  return show(deltas.map(({ sequence, oper, techId, topics }) => `${sequence} ${oper} ${techId} ${topics.join()}`));
}
