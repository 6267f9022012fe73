import { assert } from "../base/assert.js";
import { LiveDistError } from "../base/errors.js";

interface FlowLimits {
  /** Bytes that may be unacknowledged. */
  readonly windowBytesMax: number;
  /** Batches that may be unacknowledged. */
  readonly windowBatchesMax: number;
  /** Bytes of a batch as they come; only one that holds a large transaction has more. */
  readonly batchBytesMax: number;
}

interface SentBatch {
  readonly sequence: number;
  readonly bytes: number;
}

/** Clients need not acknowledge less than this part of the window soon: a batch larger than the rest does not wait for that. */
const LITTLE_OF_WINDOW = 1 / 8;

/**
 * The flow control of one stream: what was sent and is not acknowledged yet. The window is never exceeded, except that one
 * batch may be on its way, however large, beside little else. Owns no socket.
 */
export class StreamFlow {
  readonly #limits: FlowLimits;
  readonly #sent: SentBatch[] = [];
  #bytes = 0;
  #lastSequence: number;

  /** `sequence` is that of the position from which the stream goes on. */
  constructor(limits: FlowLimits, sequence: number) {
    this.#limits = limits;
    this.#lastSequence = sequence;
  }

  /** Bytes sent and not acknowledged. */
  get bytesInFlight(): number {
    return this.#bytes;
  }

  /** Tells whether to ask for the next batch, so that a slow client does not keep one in memory which cannot be sent. */
  get mayAsk(): boolean {
    return this.maySend(this.#limits.batchBytesMax);
  }

  /** Tells whether a batch of `bytes` bytes may be sent now. */
  maySend(bytes: number): boolean {
    if (this.#sent.length === 0) return true;
    const { windowBytesMax, windowBatchesMax } = this.#limits;
    const little = windowBytesMax * LITTLE_OF_WINDOW;
    const isRoom = this.#bytes + bytes <= windowBytesMax || (bytes > windowBytesMax - little && this.#bytes <= little);
    return isRoom && this.#sent.length < windowBatchesMax;
  }

  /** Notes that a batch is sent. */
  send(batch: SentBatch): void {
    assert(batch.sequence >= this.#lastSequence, "a batch of a stream is not older than the one before");
    this.#sent.push({ sequence: batch.sequence, bytes: batch.bytes });
    this.#bytes += batch.bytes;
    this.#lastSequence = batch.sequence;
  }

  /** Notes that the client has everything up to `sequence`; an old one changes nothing. Throws Request for one not sent yet. */
  acknowledge(sequence: number): void {
    if (sequence > this.#lastSequence) {
      throw new LiveDistError("Request", `acknowledge ${sequence} is ahead of what was sent`);
    }
    let count = 0;
    for (const batch of this.#sent) {
      if (batch.sequence > sequence) break;
      this.#bytes -= batch.bytes;
      count++;
    }
    this.#sent.splice(0, count);
  }
}
