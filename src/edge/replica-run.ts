import type { Clock } from "../base/clock.js";
import { codeOf, LiveDistError } from "../base/errors.js";
import type { Random } from "../base/random.js";
import { Backoff } from "./backoff.js";
import { callCopy } from "./copy-failed-error.js";
import { CopyWriter } from "./copy-writer.js";
import { Deferred } from "./deferred.js";
import type { DeltaBatch } from "./delta-batch.js";
import type { Edge } from "./edge.js";
import type { CopyState, EntityCopy } from "./entity-copy.js";
import { remedyFor } from "./remedy.js";
import type { ReplicaChange } from "./replica-change.js";
import type { ReplicaState } from "./replica-state.js";

/** Milliseconds after which the position is stored although nothing in the copy has changed. */
export const STORE_POSITION_MS = 10_000;

/** What a run works with, and whom it tells. */
export interface ReplicaContext {
  readonly edge: Edge;
  readonly copy: EntityCopy;
  readonly clock: Clock;
  readonly random: Random;
  readonly enter: (state: ReplicaState) => void;
  readonly tell: (changes: readonly ReplicaChange[]) => void;
  readonly report: (error: unknown) => void;
  /** Called once, at the end: with what it failed of, or with undefined after `stop`. */
  readonly ended: (failure: unknown) => void;
}

interface SliceChange extends Deferred<void> {
  readonly topicsSlice: string;
}

/**
 * Keeps a copy exact from a start to a stop. Each attempt goes on from what the copy holds, or loads, and then follows until
 * something goes wrong, another slice is wanted, or it is stopped.
 */
export class ReplicaRun {
  readonly #context: ReplicaContext;
  readonly #writer: CopyWriter;
  readonly #backoff: Backoff;
  readonly #started = new Deferred<void>();
  readonly ended: Promise<void>;
  #topicsSlice: string;
  #change: SliceChange | undefined;
  #attempt = new AbortController();
  #isStopped = false;
  /** Up to where the copy is exact; undefined where it is incomplete. May be ahead of the position that is stored. */
  #held: CopyState | undefined;
  #storedMs = 0;
  #mustLoad = false;
  #failuresInARow = 0;

  constructor(context: ReplicaContext, topicsSlice: string) {
    this.#context = context;
    this.#writer = new CopyWriter(context.copy, context.tell);
    this.#backoff = new Backoff(context.clock, context.random);
    this.#topicsSlice = topicsSlice;
    this.ended = this.#run();
  }

  /** Settles when the copy is complete for the first time, or cannot become so. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** The slice that the copy is of, or is to be of. */
  get topicsSlice(): string {
    return this.#topicsSlice;
  }

  changeSlice(topicsSlice: string): Promise<void> {
    this.#change?.reject(new LiveDistError("Closed", "a later changeSlice took the place of this one"));
    const change = Object.assign(new Deferred<void>(), { topicsSlice });
    this.#change = change;
    this.#attempt.abort(new LiveDistError("Closed", "another slice is wanted"));
    return change.promise;
  }

  stop(): void {
    this.#isStopped = true;
    this.#attempt.abort(stopped());
  }

  async #run(): Promise<void> {
    let failure: unknown;
    try {
      this.#held = await callCopy(() => this.#context.copy.state());
      while (!this.#isStopped) await this.#tryOnce();
    } catch (error) {
      failure = error;
    }
    this.#context.ended(failure);
    this.#started.reject(failure ?? stopped());
    this.#change?.reject(failure ?? stopped());
  }

  /** Makes one attempt and does what its end asks for. Rejects where nothing can be done. */
  async #tryOnce(): Promise<void> {
    // A change that was asked for since the last attempt is a part of this one.
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const change = this.#change;
    try {
      await this.#keepExact(change, signal);
    } catch (error) {
      if (!signal.aborted) await this.#mend(error, change, signal);
      else if (codeOf(error) !== "Closed") this.#context.report(error);
    }
  }

  async #keepExact(change: SliceChange | undefined, signal: AbortSignal): Promise<void> {
    const { edge, enter } = this.#context;
    const resumed = change === undefined && (await this.#resume(signal));
    if (!resumed) await this.#load(change, signal);
    enter("live");
    this.#started.resolve();
    for await (const batch of edge.deltas({ signal, reconnect: false, emptyBatches: true })) await this.#follow(batch);
  }

  /** Tells whether the copy can go on from where it is. */
  async #resume(signal: AbortSignal): Promise<boolean> {
    const held = this.#held;
    if (this.#mustLoad || held?.topicsSlice !== this.#topicsSlice) return false;
    const { edge } = this.#context;
    await edge.skipLoad(held.topicsSlice, held.position, { signal });
    const { epoch, sequence } = edge.position!;
    return epoch === held.position.epoch && sequence === held.position.sequence;
  }

  async #load(change: SliceChange | undefined, signal: AbortSignal): Promise<void> {
    const { edge, enter } = this.#context;
    const topicsSlice = change?.topicsSlice ?? this.#topicsSlice;
    enter("loading");
    // Read first: the answer, once begun, wants to be taken.
    const heldIds = await this.#writer.heldIds();
    const load = await edge.fullLoad(topicsSlice, { signal });
    try {
      this.#held = undefined;
      const stateOf = (): CopyState => ({ position: edge.position!, topicsSlice });
      await this.#writer.applyLoad(load, heldIds, stateOf, signal);
      this.#noteHeld(stateOf());
    } finally {
      load.cancel();
    }
    this.#mustLoad = false;
    this.#topicsSlice = topicsSlice;
    if (change !== undefined && change === this.#change) this.#change = undefined;
    change?.resolve();
  }

  async #follow({ deltas }: DeltaBatch): Promise<void> {
    const { edge, clock } = this.#context;
    const state = { position: edge.position!, topicsSlice: this.#topicsSlice };
    const isDue = clock.now() - this.#storedMs >= STORE_POSITION_MS;
    if (deltas.length > 0 || isDue) {
      await this.#writer.applyBatch(deltas, state);
      this.#noteHeld(state);
    }
    this.#held = state;
    this.#failuresInARow = 0;
    this.#backoff.reset();
  }

  #noteHeld(state: CopyState): void {
    this.#held = state;
    this.#storedMs = this.#context.clock.now();
  }

  /** Does what an error asks for, so that another attempt makes sense. Rejects with the error where nothing does. */
  async #mend(error: unknown, change: SliceChange | undefined, signal: AbortSignal): Promise<void> {
    const remedy = this.#context.edge.isClosed ? "fail" : remedyFor(error);
    if (remedy === "fail") {
      if (change === undefined || change !== this.#change) throw error;
      // It is the new slice that was refused; the copy goes on with the one that it had.
      this.#change = undefined;
      change.reject(error);
      return;
    }
    this.#context.report(error);
    if (remedy === "load") this.#mustLoad = true;
    const mayTryAtOnce = remedy === "load" && this.#failuresInARow === 0;
    this.#failuresInARow++;
    if (mayTryAtOnce) return;
    this.#context.enter("waiting");
    await this.#backoff.wait(signal);
  }
}

function stopped(): LiveDistError {
  return new LiveDistError("Closed", "the replica was stopped");
}
