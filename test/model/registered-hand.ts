import { sleep } from "../../src/base/clock.js";
import { codeOf } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import type { Load } from "../../src/edge/load.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Position } from "../../src/wire/requests.js";
import { schema } from "./classes.js";
import type { Dice } from "../support/dice.js";
import type { Loaded } from "./expect-sync-answer.js";
import { anySlice, type OwnWriter } from "./generate.js";
import type { Model } from "./model.js";
import { RegisteredCopy } from "./registered-copy.js";
import { SimulatedClient } from "../support/simulated-network.js";

/** Errors after which a client says what it holds, with the slice and position that it has. */
const lost: readonly unknown[] = ["NotRegistered", "SequenceTooOld", "EpochChanged", "FutureSequence"];
/** Errors that pass. */
const passing: readonly unknown[] = ["Network", "Closed", "ClientDisabled"];

/**
 * A registered client's program that makes every call of an Edge, in any order that the protocol allows, and now and then one
 * that must be refused; and that stops at any point, to go on from what it has stored.
 */
export class RegisteredHand implements OwnWriter {
  readonly clientId: string;
  readonly #name: string;
  readonly #model: Model;
  readonly #dice: Dice;
  #edge: Edge;
  #copy: RegisteredCopy;
  #stored: RegisteredCopy;
  /** What the last error asks for. */
  #next: "register" | "restart" | "anything" = "anything";
  /** A position from before the load that is in force. */
  #before: { readonly topicsSlice: string; readonly position: Position } | undefined;

  constructor(name: string, clientId: string, model: Model, dice: Dice) {
    this.clientId = clientId;
    this.#name = name;
    this.#model = model;
    this.#dice = dice;
    this.#copy = new RegisteredCopy(name, clientId, model);
    this.#stored = this.#copy.stored();
    this.#edge = this.#newEdge();
  }

  holds(techId: string): boolean {
    return this.#copy.holds(techId);
  }

  get size(): number {
    return this.#copy.size;
  }

  /** Does one thing. Rejects where something is not as the protocol says. */
  async step(): Promise<void> {
    await this.#attempt(() => this.#anything());
  }

  /** Does what brings it to the end of the log; tells whether it is there. */
  async settle(epoch: string, sequence: number): Promise<boolean> {
    const isAtEnd = (): boolean =>
      this.#copy.position?.epoch === epoch &&
      this.#copy.position.sequence === sequence &&
      this.#copy.unanswered.length === 0 &&
      this.#next === "anything";
    if (isAtEnd()) return true;
    await this.#attempt(() => this.#onward());
    return isAtEnd();
  }

  async close(): Promise<void> {
    await this.#edge.close();
  }

  describe(): string {
    const { position, topicsSlice, unanswered } = this.#copy;
    return `${this.#name} at ${JSON.stringify(position)}, slice ${topicsSlice}, next ${this.#next}, unanswered ${unanswered.length}`;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    const { count, clock } = this.#model;
    try {
      await work();
    } catch (error) {
      const code = codeOf(error);
      this.#note(`failed: ${String(error)}`);
      if (code !== undefined) count(`hand: ${code}`);
      if (lost.includes(code)) this.#next = "register";
      else if (code === "StaleCommand") this.#next = "restart";
      else if (passing.includes(code)) await sleep(clock, this.#dice.between(0, 10_000));
      else throw error;
    }
  }

  async #anything(): Promise<void> {
    const dice = this.#dice;
    if (this.#copy.position === undefined) return this.#fullLoad();
    const stands = this.#edge.position !== undefined;
    if (!stands || (this.#next !== "anything" && dice.chance(0.8))) return this.#onward();
    if (this.#copy.unanswered.length > 0 && dice.chance(0.7)) return this.#unregister();
    const roll = dice.random();
    if (roll < 0.4) return this.#fetch();
    if (roll < 0.45) return this.#fullLoad();
    if (roll < 0.57) return this.#changeSlice();
    if (roll < 0.62) return this.#syncLoad();
    if (roll < 0.68) return this.#syncLoadWithIds();
    if (roll < 0.73) return this.#registerEntities();
    if (roll < 0.85) return this.#unregisterSome();
    if (roll < 0.89) return this.#refused();
    if (roll < 0.93) this.#stored = this.#copy.stored();
    else return this.#restart();
  }

  async #onward(): Promise<void> {
    if (this.#next === "restart") return this.#restart();
    if (this.#copy.position === undefined) return this.#fullLoad();
    if (this.#next === "register") {
      if (this.#dice.chance(0.2)) return this.#fullLoad();
      return this.#register(new Set(this.#copy.techIds), this.#copy.position);
    }
    if (this.#edge.position === undefined) return this.#skipLoad();
    if (this.#copy.unanswered.length > 0) return this.#unregister();
    return this.#fetch();
  }

  async #fetch(): Promise<void> {
    this.#note("fetch");
    const { deltas, sequence } = await this.#edge.fetchDeltas({ waitMsMax: this.#dice.pick([0, 0, 10_000]) });
    this.#copy.follow(deltas, sequence);
  }

  async #fullLoad(): Promise<void> {
    this.#note("fullLoad");
    const { topicsSlice } = this.#copy;
    const slice = topicsSlice === "" || this.#dice.chance(0.5) ? this.#newSlice() : topicsSlice;
    const loaded = await this.#take(slice, await this.#edge.fullLoad(slice));
    this.#copy.replace(loaded);
  }

  /** Asks for another slice, removes what only the one before selected, and says so. */
  async #changeSlice(): Promise<void> {
    const { topicsSlice: oldSlice } = this.#copy;
    const newSlice = this.#newSlice();
    this.#note(`partialLoad ${newSlice}`);
    this.#copy.widen(await this.#take(newSlice, await this.#edge.partialLoad(newSlice)));
    this.#model.count("slice changed");
    this.#drop(this.#copy.minus(oldSlice, newSlice));
    if (this.#dice.chance(0.3)) {
      const minus = await this.#edge.selectMinus(oldSlice, newSlice);
      this.#drop(minus.map(({ techId }) => techId).filter((techId) => this.#copy.holds(techId)));
    }
    await this.#unregister();
  }

  async #syncLoad(): Promise<void> {
    this.#note("syncLoad");
    const slice = this.#dice.chance(0.3) ? this.#newSlice() : this.#copy.topicsSlice;
    const since = this.#dice.chance(0.3) ? this.#changedAfter() : this.#copy.position!;
    this.#copy.synchronize(await this.#take(slice, await this.#edge.syncLoad(slice, since)));
  }

  /** Names what is held, or a part of it; or also entities that are not held, and asks for everything then. */
  async #syncLoadWithIds(): Promise<void> {
    const dice = this.#dice;
    const held = this.#copy.techIds;
    const named = dice.chance(0.3) ? dice.some(held, 0.7) : held;
    const roll = dice.random();
    if (roll < 0.5) return this.#register(new Set(named), this.#copy.position);
    if (roll < 0.7) return this.#register(new Set(named), this.#changedAfter());
    const strangers = dice.some([...this.#model.oracle.state.keys()], 0.2);
    const techIds = new Set([...named, ...strangers, ...(dice.chance(0.3) ? [dice.guid()] : [])]);
    return this.#register(techIds, undefined);
  }

  async #register(named: ReadonlySet<string>, since: Position | Date | undefined): Promise<void> {
    const { topicsSlice } = this.#copy;
    this.#note(`syncLoad ${[...named].map(short).join()} since ${JSON.stringify(since)}`);
    const loaded = await this.#take(topicsSlice, await this.#edge.syncLoad(named, topicsSlice, since));
    this.#copy.register(named, since, loaded);
  }

  async #registerEntities(): Promise<void> {
    this.#note("registerEntities");
    const { position, topicsSlice, techIds } = this.#copy;
    const named = new Set(this.#dice.chance(0.5) ? techIds : this.#dice.some(techIds, 0.7));
    await this.#edge.registerEntities(named);
    const { deltas, gone } = await this.#edge.fetchDeltas({ waitMsMax: 0 });
    this.#arrived();
    this.#copy.register(named, position, { topicsSlice, position: this.#edge.position!, deltas, gone });
  }

  async #unregisterSome(): Promise<void> {
    this.#drop(this.#dice.some(this.#copy.techIds, 0.3));
    await this.#unregister();
  }

  /** What is removed is stored before the server hears of it: it must not come back with an older copy. */
  #drop(techIds: readonly string[]): void {
    this.#copy.drop(techIds);
    this.#stored = this.#copy.stored();
  }

  async #unregister(): Promise<void> {
    const { unanswered, position } = this.#copy;
    if (unanswered.length === 0) return;
    this.#note(`unregister ${unanswered.map(short).join()}`);
    const sequence = await this.#edge.unregisterEntities(unanswered, position!.sequence);
    this.#note(`unregistered at ${sequence}`);
    this.#copy.dropped(unanswered, sequence);
  }

  /** Asks for what the server must not give. */
  async #refused(): Promise<void> {
    this.#note("refused");
    const { topicsSlice, position } = this.#copy;
    const wrong = this.#dice.pick([
      { topicsSlice: `${topicsSlice}+other`, position: position! },
      { topicsSlice, position: { ...position!, stamp: "0" } },
      this.#before ?? { topicsSlice, position: { ...position!, stamp: "0" } },
    ]);
    try {
      await this.#edge.skipLoad(wrong.topicsSlice, wrong.position);
    } catch (error) {
      if (!lost.includes(codeOf(error))) throw error;
      this.#model.count("refused");
      return;
    }
    throw new Error(`${this.#name} goes on with ${JSON.stringify(wrong)}, which is not in force`);
  }

  /** Starts the program again, from what it has stored or, where it ended in order, from what it had. */
  async #restart(): Promise<void> {
    this.#note("restart");
    this.#model.count("client restart");
    await this.#edge.close();
    this.#edge = this.#newEdge();
    if (this.#dice.chance(0.5)) this.#copy = this.#stored.stored();
    this.#copy.forgetAnswers();
    this.#before = undefined;
    this.#next = "anything";
    if (this.#copy.position !== undefined) await this.#skipLoad();
  }

  async #skipLoad(): Promise<void> {
    this.#note("skipLoad");
    await this.#edge.skipLoad(this.#copy.topicsSlice, this.#copy.position!);
    this.#model.count("skip");
  }

  async #take(topicsSlice: string, load: Load): Promise<Loaded> {
    const deltas: DeltaObject[] = [];
    for await (const delta of load) deltas.push(delta);
    this.#arrived();
    return { topicsSlice, position: this.#edge.position!, deltas, gone: load.gone };
  }

  #arrived(): void {
    const { topicsSlice, position } = this.#copy;
    if (position !== undefined) this.#before = { topicsSlice, position };
    this.#next = "anything";
  }

  /** Gives a time that no change after the position was before. */
  #changedAfter(): Date {
    const { clock, log } = this.#model;
    const times = [clock.now() - 1_000];
    for (const { deltas } of log.rows(this.#copy.position!.sequence, log.newest))
      for (const { updateTime } of deltas) times.push(updateTime.getTime());
    return new Date(Math.min(...times));
  }

  /** Gives a slice for a client that is not to be given back what its own application wrote. */
  #newSlice(): string {
    return `(${anySlice(this.#dice)})*!not-${this.clientId}+${this.clientId}`;
  }

  #note(what: string): void {
    this.#model.note(`${this.#name}: ${what}`);
  }

  #newEdge(): Edge {
    const { network, clock } = this.#model;
    const client = new SimulatedClient(network, this.clientId, this.#dice.fork(), "longPoll");
    return new Edge(client, { schema, tracking: "registration", clock, random: this.#dice.random });
  }
}

/** Gives as much of a tech-id as tells it from the others of a run. */
function short(techId: string): string {
  return techId.slice(0, 4);
}
