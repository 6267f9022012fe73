import { LiveDistError } from "../base/errors.js";
import { BATCH_BYTES_MAX } from "../base/limits.js";
import type { DeltaServer } from "./delta-server.js";
import type { FeedSource } from "./feed-source.js";
import { LateFrame } from "./late-frame.js";
import type { StreamEntry } from "./stream-entries.js";

/** Frames of deltas, and the position that they lead to. */
export interface FeedBatch {
  readonly frames: readonly Uint8Array[];
  readonly sequence: number;
  readonly bytes: number;
}

/** What one client is given, from its position on. Reading decides nothing: it takes what was decided when rows entered. */
export class DeltaFeed {
  readonly #server: DeltaServer;
  readonly #source: FeedSource;
  readonly #signal: AbortSignal;
  readonly #epoch: string;
  #position: number;

  constructor(server: DeltaServer, source: FeedSource, position: number, signal: AbortSignal) {
    this.#server = server;
    this.#source = source;
    this.#position = position;
    this.#signal = signal;
    this.#epoch = server.epoch;
  }

  /** Aborts when the feed ends by itself; absent where it does not. */
  get ended(): AbortSignal | undefined {
    return this.#source.ended;
  }

  /** Gives up the feed's place at its stream. Must be called once. */
  close(): void {
    this.#source.leave();
  }

  /**
   * Gives the next deltas; waits for them up to `waitMsMax`, then gives an empty batch with the position reached. Rejects with
   * the signal's reason when it aborts, SequenceTooOld where trimming overtook the feed, EpochChanged with a new epoch,
   * NotRegistered where the registration that it reads for has ended.
   *
   * Where the log goes on without anything for this client, the empty batch comes already after `movedMsMax`, and as soon as
   * `isDue` when the feed is woken.
   */
  async next(waitMsMax: number, movedMsMax = waitMsMax, isDue = (): boolean => false): Promise<FeedBatch> {
    const { clock } = this.#server;
    const from = this.#position;
    const begin = clock.now();
    for (;;) {
      this.#check();
      const batch = await this.#read();
      this.#check();
      this.#position = batch.sequence;
      const waitedMs = clock.now() - begin;
      const limitMs = batch.sequence > from ? Math.min(movedMsMax, waitMsMax) : waitMsMax;
      if (batch.frames.length > 0 || waitedMs >= limitMs || isDue()) return batch;
      // Older rows may have held nothing for this client: go on at once.
      if (batch.sequence < this.#server.sequence) continue;
      await this.#wait(Math.min(limitMs - waitedMs, movedMsMax));
    }
  }

  #check(): void {
    if (this.#signal.aborted) throw this.#signal.reason;
    if (this.#epoch !== this.#server.epoch)
      throw new LiveDistError("EpochChanged", `the log has the new epoch ${this.#server.epoch}`);
    this.#source.check();
    if (!this.#source.reachesBackTo(this.#position)) this.#server.checkAge(this.#position);
  }

  async #read(): Promise<FeedBatch> {
    if (this.#source.reachesBackTo(this.#position)) return this.#readWindow();
    const { frames, sequence } = await this.#source.readOlder(this.#position);
    return { frames, sequence, bytes: sizeOf(frames) };
  }

  async #readWindow(): Promise<FeedBatch> {
    const { window, lateBodies } = this.#server;
    const entries = this.#source.after(this.#position);
    // Rows may enter while bodies are read: they are for the next call.
    const { lastSequence } = window;
    if (entries[0] && bytesOf(entries[0]) === undefined) await lateBodies.readFor(entries);
    const frames = firstFrames(entries);
    const isAll = frames.length === entries.length;
    return { frames, bytes: sizeOf(frames), sequence: isAll ? lastSequence : entries[frames.length - 1]!.sequence };
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancelTimer();
        forget();
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      const cancelTimer = this.#server.clock.after(waitMs, done);
      const forget = this.#source.onWake(done);
      this.#signal.addEventListener("abort", done, { once: true });
    });
  }
}

function sizeOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}

/** Gives the frames of one batch, up to where bodies have to be read first. */
function firstFrames(entries: readonly StreamEntry[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let size = 0;
  for (const entry of entries) {
    const bytes = bytesOf(entry);
    if (bytes === undefined || (frames.length > 0 && size + bytes.length > BATCH_BYTES_MAX)) break;
    frames.push(bytes);
    size += bytes.length;
  }
  return frames;
}

/** Gives the frames of an entry; undefined where bodies have to be read first. */
function bytesOf({ frame }: StreamEntry): Uint8Array | undefined {
  return frame instanceof LateFrame ? frame.bytes : frame;
}
