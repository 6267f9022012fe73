import type { Clock } from "../base/clock.js";
import { TECH_IDS_MAX } from "../base/limits.js";
import { parseTopicsSlice } from "../topics/topics-slice.js";
import { callCopy } from "./copy-failed-error.js";
import { CopyWriter, type Wants } from "./copy-writer.js";
import type { DeltaBatch } from "./delta-batch.js";
import type { Edge } from "./edge.js";
import type { CopyState, EntityCopy } from "./entity-copy.js";
import type { ReplicaChange } from "./replica-change.js";

/** Milliseconds after which the position is stored although nothing in the copy has changed. */
export const STORE_POSITION_MS = 10_000;

/** What a kept copy works with, and whom it tells. */
export interface KeptCopyContext {
  readonly edge: Edge;
  readonly copy: EntityCopy;
  readonly clock: Clock;
  readonly tell: (changes: readonly ReplicaChange[]) => void;
  /** Called before a load. */
  readonly loading: () => void;
}

/**
 * A copy, up to where it is exact, and the calls that bring it further.
 *
 * For a registered client that is not all: the server has to know what is held, and that is in *doubt* between a change on one
 * side and on the other: while a load is under way, and from when entities are removed until the position has passed the
 * sequence-number at which the server unregistered them. A state in doubt has no stamp; who goes on from it names all that is
 * held (SyncLoad).
 */
export class KeptCopy {
  readonly #context: KeptCopyContext;
  readonly #writer: CopyWriter;
  readonly #isRegistered: boolean;
  /** Up to where the copy is exact; undefined where it is incomplete. May be ahead of the position that is stored. */
  #held: CopyState | undefined;
  #storedMs = 0;
  #inDoubtUntil = 0;
  #wants: { readonly topicsSlice: string; readonly wants: Wants } | undefined;

  constructor(context: KeptCopyContext) {
    this.#context = context;
    this.#writer = new CopyWriter(context.copy, context.tell);
    this.#isRegistered = context.edge.tracking === "registration";
  }

  /** Reads from where to go on. */
  async open(): Promise<void> {
    this.#held = await callCopy(() => this.#context.copy.state());
  }

  /** The slice that the copy is of; undefined where it is incomplete. */
  get topicsSlice(): string | undefined {
    return this.#held?.topicsSlice;
  }

  /** Notes that the server may have something else registered than what is held. */
  doubt(): void {
    this.#held &&= inDoubt(this.#held);
  }

  /** Brings the copy to where deltas go on. Tells whether it can; otherwise it takes a FullLoad. */
  async goOn(signal: AbortSignal): Promise<boolean> {
    if (!this.#held) return false;
    if (!this.#isRegistered) return this.#skipLoad(this.#held, signal);
    // What is removed now is not held when the SyncLoad names what is.
    if (this.#held.oldTopicsSlice !== undefined) await this.removeMinus(signal);
    const { stamp } = this.#held.position;
    if (stamp !== undefined && (await this.#skipLoad(this.#held, signal))) return true;
    return this.#syncLoad(signal);
  }

  async fullLoad(topicsSlice: string, signal: AbortSignal): Promise<void> {
    const { edge, loading } = this.#context;
    loading();
    // Read first: the answer, once begun, wants to be taken.
    const heldIds = await this.#writer.heldIds();
    const load = await edge.fullLoad(topicsSlice, { signal });
    try {
      this.#held = undefined;
      this.#inDoubtUntil = 0;
      const stateOf = (): CopyState => ({ position: edge.position!, topicsSlice });
      await this.#writer.applyFullLoad(load, heldIds, stateOf, signal);
      this.#noteStored(stateOf());
    } finally {
      load.cancel();
    }
  }

  /**
   * Changes the slice of a registered client. The copy then still holds what only the slice before selected (`removeMinus`).
   * Gives what the server is to forget.
   */
  async partialLoad(newTopicsSlice: string, signal: AbortSignal): Promise<readonly string[]> {
    const { edge, loading } = this.#context;
    const { topicsSlice } = this.#held!;
    const wants = this.#wantsOf(newTopicsSlice);
    loading();
    this.doubt();
    const load = await edge.partialLoad(newTopicsSlice, { signal });
    try {
      const unwanted = await this.#writer.applyMore(load, wants, this.#held!, signal);
      const state = { position: edge.position!, topicsSlice: newTopicsSlice, oldTopicsSlice: topicsSlice };
      await this.#store(unwanted.size > 0 ? inDoubt(state) : state);
      return [...unwanted];
    } finally {
      load.cancel();
    }
  }

  /** Removes what the slice before selects and the one in force does not (guide §2.3). Gives what the server is to forget. */
  async removeMinus(signal: AbortSignal): Promise<readonly string[]> {
    const held = this.#held!;
    const { oldTopicsSlice, ...done } = held;
    if (oldTopicsSlice === undefined) return [];
    const [before, now] = [parseTopicsSlice(oldTopicsSlice), parseTopicsSlice(held.topicsSlice)];
    const minus = await this.#writer.heldIdsWhere((topics) => before.selects(topics) && !now.selects(topics), signal);
    const atLast = minus.length > 0 ? inDoubt(done) : done;
    await this.#writer.remove(minus, { meanwhile: inDoubt(held), atLast }, signal);
    this.#noteStored(atLast);
    return minus;
  }

  /** Tells the server what is not held. */
  async unregister(techIds: readonly string[], signal: AbortSignal): Promise<void> {
    const { edge } = this.#context;
    for (let at = 0; at < techIds.length; at += TECH_IDS_MAX) {
      const some = techIds.slice(at, at + TECH_IDS_MAX);
      this.#inDoubtUntil = await edge.unregisterEntities(some, edge.sequence, { signal });
    }
  }

  /** Applies a batch. Gives what the server is to forget. */
  async follow({ deltas }: DeltaBatch): Promise<readonly string[]> {
    const { edge, clock } = this.#context;
    const { topicsSlice, position } = this.#held!;
    const state = { position: edge.position!, topicsSlice };
    const exact = state.position.sequence < this.#inDoubtUntil ? inDoubt(state) : state;
    const isDue = clock.now() - this.#storedMs >= STORE_POSITION_MS;
    if (deltas.length === 0 && !isDue && exact.position.stamp === position.stamp) {
      this.#held = exact;
      return [];
    }
    const stateOf = (unwanted: ReadonlySet<string>): CopyState => (unwanted.size > 0 ? inDoubt(exact) : exact);
    const unwanted = await this.#writer.applyBatch(deltas, stateOf, this.#wantsOf(topicsSlice));
    this.#noteStored(stateOf(unwanted));
    return [...unwanted];
  }

  async #skipLoad({ topicsSlice, position }: CopyState, signal: AbortSignal): Promise<boolean> {
    const { edge } = this.#context;
    await edge.skipLoad(topicsSlice, position, { signal });
    const { epoch, sequence } = edge.position!;
    return epoch === position.epoch && sequence === position.sequence;
  }

  /** Names what is held and loads what it lacks. Tells whether that can be named. */
  async #syncLoad(signal: AbortSignal): Promise<boolean> {
    const { edge, loading } = this.#context;
    loading();
    const heldIds = await this.#writer.heldIds();
    if (heldIds.size > TECH_IDS_MAX) return false;
    this.doubt();
    const held = this.#held!;
    const { topicsSlice, position } = held;
    const load = await edge.syncLoad(heldIds, topicsSlice, position, { signal });
    try {
      const unwanted = await this.#writer.applyMore(load, this.#wantsOf(topicsSlice), held, signal);
      const state = { position: edge.position!, topicsSlice };
      this.#inDoubtUntil = 0;
      await this.#store(unwanted.size > 0 ? inDoubt(state) : state);
      await this.unregister([...unwanted], signal);
      return true;
    } finally {
      load.cancel();
    }
  }

  #wantsOf(topicsSlice: string): Wants {
    if (this.#wants?.topicsSlice === topicsSlice) return this.#wants.wants;
    const slice = parseTopicsSlice(topicsSlice);
    const wants: Wants = this.#isRegistered ? (topics) => slice.selects(topics) : () => true;
    this.#wants = { topicsSlice, wants };
    return wants;
  }

  async #store(state: CopyState): Promise<void> {
    await this.#writer.applyBatch([], () => state);
    this.#noteStored(state);
  }

  #noteStored(state: CopyState): void {
    this.#held = state;
    this.#storedMs = this.#context.clock.now();
  }
}

/** Gives a state that says that what the server has registered may be something else than what is held. */
function inDoubt(state: CopyState): CopyState {
  const { epoch, sequence } = state.position;
  return { ...state, position: { epoch, sequence } };
}
