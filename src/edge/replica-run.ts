import type { Clock } from "../base/clock.js";
import { codeOf, LiveDistError } from "../base/errors.js";
import type { Random } from "../base/random.js";
import { Deferred } from "./deferred.js";
import type { Edge } from "./edge.js";
import type { EntityCopy } from "./entity-copy.js";
import { KeptCopy } from "./kept-copy.js";
import { remedyFor } from "./remedy.js";
import type { ReplicaChange } from "./replica-change.js";
import type { ReplicaState } from "./replica-state.js";
import { Retries } from "./retries.js";

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
  readonly #kept: KeptCopy;
  readonly #retries: Retries;
  readonly #started = new Deferred<void>();
  readonly ended: Promise<void>;
  #topicsSlice: string;
  #change: SliceChange | undefined;
  #attempt = new AbortController();
  #isStopped = false;
  #mustLoad = false;

  constructor(context: ReplicaContext, topicsSlice: string) {
    this.#context = context;
    this.#kept = new KeptCopy({ ...context, loading: () => context.enter("loading") });
    this.#retries = new Retries(context.clock, context.random);
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
      await this.#kept.open();
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
    let unwanted = await this.#catchUp(change, signal);
    for (;;) {
      // An Edge does one thing at a time: this one before the deltas, or in between.
      await this.#kept.unregister(unwanted, signal);
      this.#context.enter("live");
      this.#started.resolve();
      unwanted = await this.#follow(signal);
      if (unwanted.length === 0) return;
    }
  }

  /** Brings the copy to where deltas go on, and to the slice wanted. Gives what the server is to forget. */
  async #catchUp(change: SliceChange | undefined, signal: AbortSignal): Promise<readonly string[]> {
    const kept = this.#kept;
    const isRegistered = this.#context.edge.tracking === "registration";
    const isAtHand = !this.#mustLoad && kept.topicsSlice === this.#topicsSlice && (isRegistered || !change);
    if (!isAtHand || !(await kept.goOn(signal))) {
      const topicsSlice = change?.topicsSlice ?? this.#topicsSlice;
      await kept.fullLoad(topicsSlice, signal);
      this.#mustLoad = false;
      this.#reached(topicsSlice, change);
      return [];
    }
    if (!change) return [];
    const unwanted = kept.topicsSlice === change.topicsSlice ? [] : await kept.partialLoad(change.topicsSlice, signal);
    // From here on the server has the new slice, whatever comes in between of the rest.
    this.#topicsSlice = change.topicsSlice;
    const minus = await kept.removeMinus(signal);
    this.#reached(change.topicsSlice, change);
    return [...unwanted, ...minus];
  }

  #reached(topicsSlice: string, change: SliceChange | undefined): void {
    this.#topicsSlice = topicsSlice;
    if (change !== undefined && change === this.#change) this.#change = undefined;
    change?.resolve();
  }

  /** Follows until something comes that the server is to forget, which it gives, or until it is aborted. */
  async #follow(signal: AbortSignal): Promise<readonly string[]> {
    const batches = this.#context.edge.deltas({ signal, reconnect: false, emptyBatches: true });
    for await (const batch of batches) {
      const unwanted = await this.#kept.follow(batch);
      this.#retries.succeeded();
      if (unwanted.length > 0) return unwanted;
    }
    return [];
  }

  /** Does what an error asks for, so that another attempt makes sense. Rejects with the error where nothing does. */
  async #mend(error: unknown, change: SliceChange | undefined, signal: AbortSignal): Promise<void> {
    const remedy = this.#context.edge.isClosed ? "fail" : remedyFor(error, this.#context.edge.tracking);
    if (remedy === "fail") {
      if (change === undefined || change !== this.#change) throw error;
      // It is the new slice that was refused; the copy goes on with the one that it had.
      this.#change = undefined;
      change.reject(error);
      return;
    }
    this.#context.report(error);
    if (remedy === "load") this.#mustLoad = true;
    if (remedy === "sync") this.#kept.doubt();
    if (this.#retries.failed(remedy !== "wait")) return;
    this.#context.enter("waiting");
    await this.#retries.wait(signal);
  }
}

function stopped(): LiveDistError {
  return new LiveDistError("Closed", "the replica was stopped");
}
