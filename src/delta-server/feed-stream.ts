import type { Clock } from "../base/clock.js";
import { STREAM_IDLE_MS_MIN } from "../base/limits.js";
import type { DeltaFeed } from "./delta-feed.js";
import type { FeedBatch } from "./feed-batch.js";

/** How often a stream tells its position where it has nothing else to tell. */
export interface StreamPace {
  /** Milliseconds since it told something. */
  readonly idleMsMax: number;
  /** Milliseconds where the log has gone on meanwhile. */
  readonly movedMsMax: number;
}

/**
 * A feed that is read without end: where it is idle, it gives empty batches with its position. It has one timer, which a batch
 * does not touch: it looks, when it is due, whether there was one.
 */
export class FeedStream {
  readonly #feed: DeltaFeed;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #movedMs: number;
  #toldSequence: number;
  #toldAtMs: number;
  #tellMore: () => void = () => undefined;
  #cancelTimer: () => void;

  constructor(feed: DeltaFeed, clock: Clock, { idleMsMax, movedMsMax }: StreamPace) {
    this.#feed = feed;
    this.#clock = clock;
    this.#idleMs = Math.max(idleMsMax, STREAM_IDLE_MS_MIN);
    this.#movedMs = Math.min(this.#idleMs, Math.max(movedMsMax, STREAM_IDLE_MS_MIN));
    this.#toldSequence = feed.position;
    this.#toldAtMs = clock.now();
    this.#cancelTimer = this.#lookAfter(this.#movedMs);
  }

  /** Ends its timer; the feed is closed apart from it. */
  close(): void {
    this.#cancelTimer();
  }

  /** Calls back whenever `take` may give something. */
  onMore(callback: () => void): void {
    this.#tellMore = callback;
    this.#feed.onMore(callback);
  }

  /** Gives the next batch, an empty one where it is time for that or `isDue` says so. Throws as the feed does. */
  take(isDue = false): FeedBatch | undefined {
    const batch = this.#feed.take() ?? this.#idle(isDue);
    if (batch === undefined) return undefined;
    this.#toldAtMs = this.#clock.now();
    this.#toldSequence = batch.sequence;
    return batch;
  }

  #idle(isDue: boolean): FeedBatch | undefined {
    const sequence = this.#feed.position;
    const waitMs = sequence > this.#toldSequence ? this.#movedMs : this.#idleMs;
    return isDue || this.#quietMs >= waitMs ? { frames: [], bytes: 0, sequence } : undefined;
  }

  get #quietMs(): number {
    return this.#clock.now() - this.#toldAtMs;
  }

  #lookAfter(delayMs: number): () => void {
    return this.#clock.after(delayMs, () => {
      const quietMs = this.#quietMs;
      const dueMs = [this.#movedMs, this.#idleMs].find((waitMs) => waitMs > quietMs) ?? quietMs + this.#movedMs;
      // Before it is told: whoever finds then that the feed has ended closes this, too.
      this.#cancelTimer = this.#lookAfter(Math.min(dueMs - quietMs, this.#movedMs));
      if (quietMs >= this.#movedMs) this.#tellMore();
    });
  }
}
