import { type Clock, systemClock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { type Random, systemRandom } from "../base/random.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Edge } from "./edge.js";
import type { EntityCopy } from "./entity-copy.js";
import { Listeners } from "./listeners.js";
import type { ReplicaChange } from "./replica-change.js";
import { ReplicaRun } from "./replica-run.js";
import { checkTransition, type ReplicaState } from "./replica-state.js";

export interface ReplicaOptions<C extends EntityCopy> {
  readonly slice: string | TopicsSlice;
  readonly copy: C;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What a Replica tells its listeners. */
export interface ReplicaEvents {
  /** An entity came, changed or went; told after it was stored. A load tells also of entities that it brought unchanged. */
  change: ReplicaChange;
  state: ReplicaState;
  /** Something went wrong: what the replica recovers from by itself, too, and what a listener threw. */
  error: unknown;
}

/**
 * Keeps a copy of what a slice selects exact, through lost connections, restarts of either side, slice changes, logs that no
 * longer reach back and restored databases. Of a registered client the copy also keeps what the slice selected once, until a
 * change of the slice drops it, and what a `!T` withholds stays as it was (guide §2.1.3). The Edge is its own while it runs and stays open after it. The application reads
 * the copy and does not write to it.
 */
export class Replica<C extends EntityCopy = EntityCopy> {
  readonly copy: C;
  readonly #edge: Edge;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Listeners<ReplicaEvents>();
  #topicsSlice: string;
  #state: ReplicaState = "stopped";
  #run: ReplicaRun | undefined;

  /** Throws Config for an Edge with tracking "none". */
  constructor(edge: Edge, { slice, copy, clock = systemClock, random = systemRandom }: ReplicaOptions<C>) {
    checkTracking(edge);
    this.#edge = edge;
    this.copy = copy;
    this.#clock = clock;
    this.#random = random;
    this.#topicsSlice = textOf(slice);
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** The text of the slice that the copy is of, or is to be of. */
  get topicsSlice(): string {
    return this.#run?.topicsSlice ?? this.#topicsSlice;
  }

  /** Adds a listener; gives a function that removes it. What a listener throws is told as an error and disturbs nothing. */
  on<E extends keyof ReplicaEvents>(event: E, listener: (value: ReplicaEvents[E]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  /**
   * Begins to keep the copy: goes on from the state that is stored in it, or loads. Resolves when the copy is complete for the
   * first time; calling it again meanwhile gives the same promise. What passes by itself (Network, ClientDisabledError …) is
   * waited out. Rejects with the rest (TopicsSliceError, PermissionError, UnknownClient, Config, Request, Limit, what the copy
   * threw; StaleCommand where another Edge of this registered client took over), with Closed after `stop`.
   */
  start(): Promise<void> {
    if (this.#run) return this.#run.started;
    this.#enter("loading");
    const run = new ReplicaRun(
      {
        edge: this.#edge,
        copy: this.copy,
        clock: this.#clock,
        random: this.#random,
        enter: (state) => this.#enter(state),
        tell: (changes) => changes.forEach((change) => this.#call("change", change)),
        report: (error) => this.#report(error),
        ended: (failure) => this.#end(failure),
      },
      this.#topicsSlice,
    );
    this.#run = run;
    return run.started;
  }

  /**
   * Loads another slice into the copy, for a registered client only what it adds (guide §2.3); resolves when the copy has it
   * and has dropped what only the slice before selected. Until then the copy holds entities of both. Rejects where the slice is
   * refused (the copy then goes on with the slice that it had), with Closed where a later call took its place or the replica
   * was stopped, with Request where it does not run.
   */
  async changeSlice(slice: string | TopicsSlice): Promise<void> {
    if (!this.#run) throw new LiveDistError("Request", "the replica does not run: call start first");
    await this.#run.changeSlice(textOf(slice));
  }

  /** Ends at once; resolves when nothing writes to the copy any more. What was waited for rejects with Closed. */
  async stop(): Promise<void> {
    if (this.#state === "failed") this.#enter("stopped");
    const run = this.#run;
    run?.stop();
    await run?.ended;
  }

  #end(failure: unknown): void {
    this.#topicsSlice = this.topicsSlice;
    this.#run = undefined;
    if (failure !== undefined) this.#report(failure);
    this.#enter(failure === undefined ? "stopped" : "failed");
  }

  #enter(state: ReplicaState): void {
    if (state === this.#state) return;
    checkTransition(this.#state, state);
    this.#state = state;
    this.#call("state", state);
  }

  #call<E extends keyof ReplicaEvents>(event: E, value: ReplicaEvents[E]): void {
    for (const error of this.#listeners.call(event, value)) this.#report(error);
  }

  #report(error: unknown): void {
    // What a listener of errors throws has nobody left to be told.
    this.#listeners.call("error", error);
  }
}

function textOf(slice: string | TopicsSlice): string {
  return typeof slice === "string" ? slice.trim() : slice.text;
}

function checkTracking({ tracking }: Edge): void {
  if (tracking === "none") {
    throw new LiveDistError(
      "Config",
      'an Edge with tracking "none" gives a stream, of which no exact copy can be kept: use "transition" or "registration"',
    );
  }
}
