import { LiveDistError } from "../base/errors.js";
import type { DeltaServer } from "./delta-server.js";
import type { FeedBatch } from "./feed-batch.js";
import type { FeedSource } from "./feed-source.js";
import type { StreamEntry } from "./stream-entries.js";

/**
 * What one client is given, from its position on. Reading decides nothing: it takes what was decided when rows entered, at once
 * where that is in memory.
 */
export class DeltaFeed {
  readonly #server: DeltaServer;
  readonly #source: FeedSource;
  readonly #signal: AbortSignal;
  readonly #epoch: string;
  #position: number;
  #tellMore: () => void = ignore;
  readonly #forget: () => void;
  /** While something is read that is not in memory; never rejects. */
  #reading: Promise<void> | undefined;
  /** What was read, or what reading has failed with. */
  #read: FeedBatch | { readonly error: unknown } | undefined;

  constructor(server: DeltaServer, source: FeedSource, position: number, signal: AbortSignal) {
    this.#server = server;
    this.#source = source;
    this.#position = position;
    this.#signal = signal;
    this.#epoch = server.epoch;
    this.#forget = source.onWake(() => this.#tellMore());
  }

  /** Aborts when the feed ends by itself; absent where it does not. */
  get ended(): AbortSignal | undefined {
    return this.#source.ended;
  }

  /** Where it stands: there was nothing more for the client up to here when it was last asked. */
  get position(): number {
    return this.#position;
  }

  /** Gives up the feed's place at its stream. Must be called once. */
  close(): void {
    this.#forget();
    this.#source.leave();
  }

  /** Calls back, instead of what was called before, whenever `take` may give something. */
  onMore(callback: () => void): void {
    this.#tellMore = callback;
  }

  /**
   * Gives the next deltas, or undefined where there are none yet or something has to be read first; `onMore` tells when to
   * ask again. A batch without frames says that older rows held nothing for the client. Throws the signal's reason when it has
   * aborted, Closed where the server has stopped, SequenceTooOld where trimming overtook the feed, EpochChanged with a new epoch, NotRegistered where the registration
   * that it reads for has ended, and what reading failed with.
   */
  take(): FeedBatch | undefined {
    this.#check();
    if (this.#reading !== undefined) return undefined;
    const batch = this.#takeRead() ?? this.#takeWindow();
    if (batch !== undefined) this.#position = batch.sequence;
    return batch;
  }

  /**
   * Gives the next deltas; waits for them up to `waitMsMax`, and when the feed is woken no longer than until `isDue`, then gives
   * an empty batch with the position reached. Rejects with what `take` throws.
   */
  async next(waitMsMax: number, isDue = (): boolean => false): Promise<FeedBatch> {
    const { clock } = this.#server;
    const endMs = clock.now() + waitMsMax;
    for (;;) {
      const batch = this.take();
      const leftMs = endMs - clock.now();
      // Older rows may have held nothing for this client: go on at once.
      if (batch !== undefined && (batch.frames.length > 0 || leftMs <= 0)) return batch;
      if (this.#reading !== undefined) await this.#reading;
      else if (batch === undefined && (leftMs <= 0 || isDue()))
        return { frames: [], bytes: 0, sequence: this.#position };
      else if (batch === undefined) await this.#wait(leftMs);
    }
  }

  #check(): void {
    if (this.#signal.aborted) throw this.#signal.reason;
    this.#server.checkRuns();
    if (this.#epoch !== this.#server.epoch)
      throw new LiveDistError("EpochChanged", `the log has the new epoch ${this.#server.epoch}`);
    this.#source.check();
  }

  #takeRead(): FeedBatch | undefined {
    const read = this.#read;
    this.#read = undefined;
    if (read !== undefined && "error" in read) throw read.error;
    return read;
  }

  #takeWindow(): FeedBatch | undefined {
    const position = this.#position;
    if (!this.#source.reachesBackTo(position)) {
      this.#server.checkAge(position);
      this.#readLater(() => this.#readOlder(position));
      return undefined;
    }
    const entries = this.#source.after(position);
    const { lastSequence } = this.#server.window;
    if (entries.length === 0) {
      this.#position = lastSequence;
      return undefined;
    }
    const batch = this.#server.batches.of(entries, lastSequence);
    if (batch === undefined) this.#readLater(() => this.#readBodies(entries));
    return batch;
  }

  async #readOlder(position: number): Promise<void> {
    const { frames, sequence } = await this.#source.readOlder(position);
    this.#read = { frames, sequence, bytes: frames.reduce((sum, frame) => sum + frame.length, 0) };
  }

  /** Reads what the first of some entries waits for. */
  #readBodies(entries: readonly StreamEntry[]): Promise<void> {
    return this.#server.lateBodies.readFor(entries);
  }

  #readLater(read: () => Promise<void>): void {
    this.#reading = read()
      .catch((error: unknown) => {
        this.#read = { error };
      })
      .then(() => {
        this.#reading = undefined;
        this.#tellMore();
      });
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancelTimer();
        this.#tellMore = ignore;
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      const cancelTimer = this.#server.clock.after(waitMs, done);
      this.#tellMore = done;
      this.#signal.addEventListener("abort", done, { once: true });
    });
  }
}

const ignore = (): void => undefined;
