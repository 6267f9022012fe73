import type { DeltaObject } from "../../src/delta/delta-object.js";
import { applyDelta } from "../../src/edge/apply-delta.js";
import type { Entity } from "../../src/edge/entity.js";
import type { Position } from "../../src/wire/requests.js";
import { expectSame, show } from "./expect-same.js";
import { expectSyncAnswer, type Loaded } from "./expect-sync-answer.js";
import type { Model } from "./model.js";
import { comesFrom, selects, selectsRouted, vetoes } from "./oracle-topics.js";
import { wholeDelta } from "./own-application.js";
import { expectRegistered } from "./registered-invariant.js";

/** Removed, and not said to the server yet, or not answered. */
const UNANSWERED = Infinity;

/**
 * What a registered client holds that does just what the protocol asks of it. At every step it holds what came against what
 * may come, and itself against the oracle.
 */
export class RegisteredCopy {
  readonly clientId: string;
  readonly #name: string;
  readonly #model: Model;
  readonly #held: Map<string, Entity>;
  /** Removed entities, and the sequence-number up to which nothing is given of them. */
  readonly #dropped: Map<string, number>;
  /** Named to the server by hand, without that the slice selects them. */
  readonly #named: Set<string>;
  topicsSlice = "";
  position: Position | undefined;

  constructor(name: string, clientId: string, model: Model, from?: RegisteredCopy) {
    this.#name = name;
    this.clientId = clientId;
    this.#model = model;
    this.#held = new Map(from ? from.#held : []);
    this.#dropped = new Map(from ? from.#dropped : []);
    this.#named = new Set(from ? from.#named : []);
    this.topicsSlice = from?.topicsSlice ?? "";
    this.position = from?.position;
  }

  /** Gives what would be found of this copy after its program ended now. */
  stored(): RegisteredCopy {
    return new RegisteredCopy(this.#name, this.clientId, this.#model, this);
  }

  /** The program has started again: it knows what it removed, but not what the server heard of that. */
  forgetAnswers(): void {
    for (const techId of this.#dropped.keys()) this.#dropped.set(techId, UNANSWERED);
  }

  get techIds(): string[] {
    return [...this.#held.keys()];
  }

  get size(): number {
    return this.#held.size;
  }

  holds(techId: string): boolean {
    return this.#held.has(techId);
  }

  /** Gives which entities are held that a slice selects and another does not. */
  minus(oldSlice: string, newSlice: string): string[] {
    const held = [...this.#held.values()];
    const left = held.filter(({ topics }) => selects(oldSlice, topics) && !selects(newSlice, topics));
    return left.map(({ techId }) => techId);
  }

  /** What was removed and is to be said to the server, once more where it was not answered. */
  get unanswered(): string[] {
    return [...this.#dropped].filter(([, through]) => through === UNANSWERED).map(([techId]) => techId);
  }

  drop(techIds: readonly string[]): void {
    for (const techId of techIds) {
      this.#held.delete(techId);
      this.#dropped.set(techId, UNANSWERED);
    }
  }

  /** The server has heard of what was removed, and says when. */
  dropped(techIds: readonly string[], sequence: number): void {
    for (const techId of techIds) this.#dropped.set(techId, sequence);
  }

  /** A FullLoad takes the place of everything. */
  replace(loaded: Loaded): void {
    for (const set of [this.#held, this.#dropped, this.#named]) set.clear();
    this.#put(loaded.deltas);
    this.#moveTo(loaded);
    const { oracle, shapes } = this.#model;
    const selected = oracle.selected(loaded.topicsSlice, loaded.position.sequence);
    expectSame(`${this.#where}, just loaded`, shapes, this.#held.values(), selected);
  }

  /** A SyncLoad with tech-ids makes them the registration; what else is held has to go. */
  register(named: ReadonlySet<string>, since: Position | Date | undefined, loaded: Loaded): void {
    expectSyncAnswer(this.#model, this.#where, named, since, loaded);
    const gone = new Set(loaded.gone);
    for (const techId of this.#held.keys()) if (!named.has(techId) || gone.has(techId)) this.#held.delete(techId);
    this.#dropped.clear();
    this.#named.clear();
    for (const techId of named) if (!gone.has(techId)) this.#named.add(techId);
    this.#put(loaded.deltas);
    this.#moveTo(loaded);
  }

  /** A SyncLoad without tech-ids brings what has changed; it cannot say what was deleted. */
  synchronize(loaded: Loaded): void {
    const there = this.#model.oracle.at(loaded.position.sequence);
    for (const techId of this.#held.keys()) if (!there.has(techId)) this.#held.delete(techId);
    this.#noteUndelivered(loaded.position.sequence);
    this.#putMore(loaded);
    this.#moveTo(loaded);
  }

  /** What was to come under the slice before has been registered, also where the new one vetoes it and it comes later. */
  #noteUndelivered(through: number): void {
    for (const { deltas } of this.#model.log.rows(this.position!.sequence, through))
      for (const { techId, topics } of deltas) if (selectsRouted(this.topicsSlice, topics)) this.#named.add(techId);
  }

  /** A PartialLoad brings what is owed, then what the new slice adds. */
  widen(loaded: Loaded): void {
    const isOwed = ({ sequence }: DeltaObject): boolean => sequence !== undefined;
    this.#follow(loaded.deltas.filter(isOwed), loaded.position.sequence);
    this.#putMore({ ...loaded, deltas: loaded.deltas.filter((delta) => !isOwed(delta)) });
    this.#moveTo(loaded);
  }

  /** Applies what came after the position. */
  follow(deltas: readonly DeltaObject[], sequence: number): void {
    if (sequence === this.position!.sequence && deltas.length === 0) return;
    this.#follow(deltas, sequence);
    this.#moveTo({ topicsSlice: this.topicsSlice, position: { ...this.position!, sequence } });
  }

  /** Goes through deltas and, between them, what the client's own application wrote. */
  #follow(deltas: readonly DeltaObject[], through: number): void {
    let { sequence: at } = this.position!;
    const own = this.#model.oracle.writtenBy(this.clientId, at, through);
    for (const delta of deltas) {
      const { sequence = 0 } = delta;
      if (sequence < at || sequence <= this.position!.sequence || sequence > through)
        throw this.#error(`is given ${sequence} after ${at}, up to ${through}`);
      at = sequence;
      while (own.length > 0 && own[0]!.sequence < at) this.#putOwn(own.shift()!);
      this.#apply(delta, sequence);
    }
    for (const write of own) this.#putOwn(write);
  }

  #apply(delta: DeltaObject, sequence: number): void {
    const { techId, oper } = delta;
    const droppedThrough = this.#dropped.get(techId) ?? 0;
    if (droppedThrough === UNANSWERED) return;
    // Of what the server has not been told to forget it gives nothing alone.
    const isSkipped = delta.forThisClientAlone ? sequence !== droppedThrough : sequence <= droppedThrough;
    if (isSkipped) throw this.#error(`is given ${show(delta)}, removed up to ${droppedThrough}`);
    if (oper !== "DELETE") this.#expectWanted(delta);
    const before = this.#held.get(techId);
    const after = applyDelta(before, delta);
    if (before === undefined && after !== undefined) this.#expectJustified(delta, sequence - 1, sequence);
    if (after === undefined) this.#held.delete(techId);
    else this.#held.set(techId, after);
    this.#model.count(`registered ${oper}${delta.forThisClientAlone ? " alone" : ""}`);
  }

  /** What the client's application wrote itself is there, whatever the server says of it. */
  #putOwn({ sequence, techId }: { sequence: number; techId: string }): void {
    if (sequence <= (this.#dropped.get(techId) ?? 0)) return;
    const entity = this.#model.oracle.at(sequence).get(techId);
    if (entity === undefined) this.#held.delete(techId);
    else this.#held.set(techId, applyDelta(undefined, wholeDelta("CREATE", entity))!);
    this.#model.count("own write");
  }

  #put(deltas: readonly DeltaObject[]): void {
    for (const delta of deltas) this.#held.set(delta.techId, applyDelta(undefined, delta)!);
  }

  #putMore({ topicsSlice, position, deltas }: Omit<Loaded, "gone">): void {
    for (const delta of deltas) {
      const { techId, topics } = delta;
      if (this.#dropped.get(techId) === UNANSWERED) continue;
      if (!this.#held.has(techId) && !selects(topicsSlice, topics))
        this.#expectJustified(delta, this.position!.sequence, position.sequence);
      this.#put([delta]);
    }
  }

  #moveTo({ topicsSlice, position }: Pick<Loaded, "topicsSlice" | "position">): void {
    const { epoch, sequence } = position;
    if (epoch === this.position?.epoch && sequence < this.position.sequence)
      throw this.#error(`goes back to ${sequence}`);
    this.topicsSlice = topicsSlice;
    this.position = position;
    for (const [techId, through] of this.#dropped) if (through <= sequence) this.#dropped.delete(techId);
    this.#model.count("checks registered");
    this.#model.note(`${this.#where} holds ${this.techIds.map((techId) => techId.slice(0, 4)).join()}`);
    const isDropped = (techId: string): boolean => this.#dropped.has(techId);
    const { oracle, shapes } = this.#model;
    expectRegistered(oracle, shapes, { where: this.#where, topicsSlice, sequence, held: this.#held, isDropped });
  }

  /** Throws where a delta is given that the slice vetoes, or that came from this client. */
  #expectWanted(delta: DeltaObject): void {
    const { topicsSlice } = this;
    const topics = delta.topics.filter((topic) => !topic.startsWith("#"));
    if (vetoes(topicsSlice, topics)) throw this.#error(`is given ${show(delta)}, which it vetoes`);
    if (comesFrom(topicsSlice, delta.topics)) throw this.#error(`is given back ${show(delta)}`);
  }

  /** Throws where an entity comes that is not held, and nothing that happened after a sequence-number up to another is why. */
  #expectJustified(delta: DeltaObject, after: number, through: number): void {
    const { techId } = delta;
    if (this.#named.has(techId) || selects(this.topicsSlice, delta.topics)) return;
    for (const { deltas } of this.#model.log.rows(after, through))
      for (const written of deltas)
        if (written.techId === techId && selectsRouted(this.topicsSlice, written.topics)) return;
    throw this.#error(`is given ${show(delta)}, which it does not ask for`);
  }

  get #where(): string {
    return `${this.#name}, slice ${this.topicsSlice}, at ${JSON.stringify(this.position)}`;
  }

  #error(message: string): Error {
    return new Error(`${this.#where}: ${message}`);
  }
}
