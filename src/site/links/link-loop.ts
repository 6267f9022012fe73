import type { Clock } from "../../base/clock.js";
import { codeOf, LiveDistError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import type { DeltaBatch } from "../../edge/delta-batch.js";
import type { Edge } from "../../edge/edge.js";
import { remedyFor } from "../../edge/remedy.js";
import { Retries } from "../../edge/retries.js";
import type { LinkRole, LinkState } from "./link.js";

/** How long a link pauses at least after an attempt that failed, however often its peer calls meanwhile. */
const PAUSE_MS_MIN = 2_000;

export interface LinkLoopOptions {
  readonly peer: string;
  readonly role: LinkRole;
  readonly edge: Edge;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Brings the link to where deltas go on, and follows them until something goes wrong or the signal aborts. */
  readonly attempt: (signal: AbortSignal) => Promise<void>;
  /** Called where the peer cannot go on from where the link stands: the next attempt begins with a SyncLoad. */
  readonly mustSync: (since: "position" | "minimum") => void;
  /** Gives the peer's epoch as the link knows it. */
  readonly epoch: () => string | undefined;
  /** Called when no further attempt will be made, with the reason. */
  readonly ended: (error: unknown) => void;
}

/** Runs a link from its start to its stop, attempt after attempt, and tells how it fares. */
export class LinkLoop {
  readonly #options: LinkLoopOptions;
  readonly #retries: Retries;
  #state: LinkState = "connecting";
  #failure: unknown;
  #attempt = new AbortController();
  #pause = new AbortController();
  #pausedMs = 0;
  #isInterrupted = false;
  #heardEpoch: string | undefined;
  #isStopped = false;
  #ended: Promise<void> | undefined;

  constructor(options: LinkLoopOptions) {
    this.#options = options;
    this.#retries = new Retries(options.clock, options.random);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** What the link waits after, or failed of. */
  get failure(): unknown {
    return this.#failure;
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  /** Ends at once; resolves when nothing of the link runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const closed = new LiveDistError("Closed", "the site was closed");
    this.#attempt.abort(closed);
    await this.#ended;
    this.enter("stopped");
    this.#options.ended(closed);
    await this.#options.edge.close();
  }

  /**
   * Takes note of the epoch that the peer said it has. Where it is another one than that of what the peer answered, or is just
   * answering, the attempt begins anew: what the peer said in an epoch that has ended does not count any more. Tells whether
   * it does.
   */
  heard(epoch: string): boolean {
    this.#hurry();
    if (epoch === this.#heardEpoch) return false;
    this.#heardEpoch = epoch;
    if (epoch === this.#options.epoch()) return false;
    this.#attempt.abort(new LiveDistError("Closed", "the peer has a new epoch"));
    return true;
  }

  /** Ends following and waiting, or the next of them: there is something else to be done first. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#pause.abort();
  }

  enter(state: LinkState, failure?: unknown): void {
    this.#failure = failure;
    if (state === this.#state) return;
    this.#state = state;
    const { peer, role, logger } = this.#options;
    const fields = { peer, role, state };
    if (state === "failed") logger.error({ ...fields, err: failure }, "a link to another site failed");
    else if (failure !== undefined) logger.warn({ ...fields, err: failure }, "a link to another site waits");
    else if (state === "connecting") logger.debug(fields, "a link to another site connects");
    else logger.info(fields, "a link to another site changed its state");
  }

  /** Applies batches as they come, until `apply` says that there is something else to be done, or until an interrupt or abort. */
  async follow(signal: AbortSignal, apply: (batch: DeltaBatch) => Promise<boolean>): Promise<void> {
    const either = this.#interruptedOr(signal);
    const batches = this.#options.edge.deltas({ signal: either, reconnect: false, emptyBatches: true });
    for await (const batch of batches) {
      const isMoreDue = await apply(batch);
      this.#retries.succeeded();
      if (isMoreDue || either.aborted) break;
    }
    signal.throwIfAborted();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#attempt = new AbortController();
      const { signal } = this.#attempt;
      try {
        await this.#options.attempt(signal);
      } catch (error) {
        if (signal.aborted) continue;
        if (codeOf(error) === "StaleCommand") {
          // Whoever pushes out the process that took over would be pushed out in turn.
          this.enter("failed", error);
          this.#options.ended(error);
          return;
        }
        await this.#mend(error, signal);
      }
    }
  }

  async #mend(error: unknown, signal: AbortSignal): Promise<void> {
    const { edge, mustSync } = this.#options;
    const remedy = remedyFor(error, edge.tracking);
    const isMended = remedy === "sync" || remedy === "load";
    if (isMended) mustSync(codeOf(error) === "FutureSequence" ? "minimum" : "position");
    if (this.#retries.failed(isMended)) {
      this.enter("connecting");
      return;
    }
    // What takes a person to mend is tried again all the same: nobody should have to start the site anew for it.
    this.enter(remedy === "fail" ? "failed" : "waiting", error);
    this.#pausedMs = this.#options.clock.now();
    await this.#retries.wait(this.#interruptedOr(signal));
  }

  /** Ends a pause, unless it has just begun: who calls here can be reached again, as a rule. */
  #hurry(): void {
    const isPausing = this.#state === "waiting" && this.#options.clock.now() - this.#pausedMs >= PAUSE_MS_MIN;
    if (isPausing) this.#pause.abort();
  }

  /** Gives a signal that an interrupt aborts too, also one that came since the last of these was given. */
  #interruptedOr(signal: AbortSignal): AbortSignal {
    this.#pause = new AbortController();
    if (this.#isInterrupted) this.#pause.abort();
    this.#isInterrupted = false;
    return AbortSignal.any([signal, this.#pause.signal]);
  }
}
