import { BATCH_BYTES_MAX } from "../base/limits.js";
import { LateFrame } from "./late-frame.js";
import type { LogWindow } from "./log-window.js";
import type { StreamEntry } from "./stream-entries.js";

/** Frames of deltas, and the position that they lead to. */
export interface FeedBatch {
  readonly frames: readonly Uint8Array[];
  readonly sequence: number;
  readonly bytes: number;
}

/** Makes batches of entries. The last one is kept: most often the next who asks stands where the one before stood. */
export class FeedBatches {
  readonly #window: LogWindow;
  #entries: readonly StreamEntry[] = [];
  #throughSequence = -1;
  #batch: FeedBatch = { frames: [], sequence: -1, bytes: 0 };

  constructor(window: LogWindow) {
    this.#window = window;
  }

  /**
   * Gives the first of some entries, in one batch of limited size and up to where bodies have to be read first; undefined
   * where that is the first one. With all entries a client gets to `throughSequence`.
   */
  of(entries: readonly StreamEntry[], throughSequence: number): FeedBatch | undefined {
    if (throughSequence === this.#throughSequence && isSame(entries, this.#entries)) return this.#batch;
    const batch = this.#make(entries, throughSequence);
    if (batch === undefined) return undefined;
    this.#entries = entries;
    this.#throughSequence = throughSequence;
    return (this.#batch = batch);
  }
  #make(entries: readonly StreamEntry[], throughSequence: number): FeedBatch | undefined {
    const frames: Uint8Array[] = [];
    let bytes = 0;
    for (const entry of entries) {
      const frame = this.#bytesOf(entry);
      if (frame === undefined || (frames.length > 0 && bytes + frame.length > BATCH_BYTES_MAX)) break;
      frames.push(frame);
      bytes += frame.length;
    }
    if (frames.length === 0) return undefined;
    const isAll = frames.length === entries.length;
    return { frames, bytes, sequence: isAll ? throughSequence : entries[frames.length - 1]!.sequence };
  }

  /** Gives the frames of an entry; undefined where bodies have to be read first. */
  #bytesOf({ sequence, frame }: StreamEntry): Uint8Array | undefined {
    if (!(frame instanceof LateFrame)) return frame;
    const { isMade } = frame;
    const { bytes } = frame;
    if (!isMade && bytes !== undefined) this.#window.hold(sequence, bytes.length);
    return bytes;
  }
}

function isSame(some: readonly StreamEntry[], others: readonly StreamEntry[]): boolean {
  return some.length === others.length && some.every((entry, at) => entry === others[at]);
}
