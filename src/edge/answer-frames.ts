import { LiveDistError } from "../base/errors.js";
import { type Frame, FrameReader, type Head } from "../wire/frames.js";
import { abortable, ignore } from "./abortable.js";

/** A frame that says something of what was asked. */
export type SoundFrame = Exclude<Frame, { kind: "ERROR" }>;

/** Reads the frames of one answer, one after the other, whatever the pieces in which its bytes arrive. */
export class AnswerFrames {
  readonly #bytes: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #reader = new FrameReader();
  #frames: readonly Frame[] = [];
  #next = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    this.#bytes = bytes[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /**
   * Gives the next frame and leaves it to be taken by `next`; at once where it has arrived. Throws or rejects with the error that the
   * server put in place of it, with Network where the bytes end before it is complete, with Request or Limit where they are no
   * frames, and with the signal's reason.
   */
  peek(): SoundFrame | Promise<SoundFrame> {
    return this.#next < this.#frames.length ? sound(this.#frames[this.#next]!) : this.#wait();
  }

  /** Takes the next frame. Throws and rejects as `peek` does. */
  next(): SoundFrame | Promise<SoundFrame> {
    if (this.#next < this.#frames.length) return sound(this.#frames[this.#next++]!);
    return this.#wait().then((frame) => {
      this.#next++;
      return frame;
    });
  }

  async #wait(): Promise<SoundFrame> {
    while (this.#next === this.#frames.length) {
      const bytes = await this.#read();
      if (bytes === undefined)
        throw new LiveDistError("Network", "the connection broke before the answer was complete");
      this.#frames = this.#reader.push(bytes);
      this.#next = 0;
    }
    return sound(this.#frames[this.#next]!);
  }

  /** Gives the HEAD, which stands first. Rejects as `next` does, and with Request where it is malformed. */
  async head(): Promise<Head> {
    const frame = await this.next();
    if (frame.kind !== "HEAD") throw unexpectedFrame(frame);
    return checkHead(frame.head);
  }

  /** Reads the end of the bytes, so that the connection may serve again. Rejects with Request where there is more. */
  async finish(): Promise<void> {
    const bytes = await this.#read().catch(ignore);
    const isMore = this.#next < this.#frames.length || !this.#reader.isEmpty || (bytes?.length ?? 0) > 0;
    if (isMore) throw new LiveDistError("Request", "an answer goes on behind its end");
  }

  /** Gives up the rest of the bytes. */
  cancel(): void {
    // Not waited for: an iterator whose next() hangs answers to return() only after it.
    this.#bytes.return?.().catch(ignore);
  }

  async #read(): Promise<Uint8Array | undefined> {
    const read = await abortable(this.#bytes.next(), this.#signal);
    return read.done === true ? undefined : read.value;
  }
}

function sound(frame: Frame): SoundFrame {
  if (frame.kind === "ERROR") throw frame.error;
  return frame;
}

/** Makes the error for a frame that must not stand where it does. */
export function unexpectedFrame(frame: Frame): LiveDistError {
  return new LiveDistError("Request", `a frame ${frame.kind} stands where the protocol has none`);
}

function checkHead(head: Head): Head {
  const { epoch, sequence, count = 0, stamp = "" } = (head as Partial<Head> | null) ?? {};
  const isHead = typeof epoch === "string" && isWhole(sequence) && isWhole(count) && typeof stamp === "string";
  if (!isHead) throw new LiveDistError("Request", "the HEAD of an answer is malformed");
  return head;
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
