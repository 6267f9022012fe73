const SLOT_BYTES = Int32Array.BYTES_PER_ELEMENT;

/**
 * A piece of memory that records are appended to, from its front; the slot of each record stands at its back, the first one
 * last, so that the records can be found again when the chunk is to be emptied. Bytes that were written are never written again.
 */
export class RecordChunk {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #slots: Int32Array<ArrayBuffer>;
  #usedBytes = 0;
  #count = 0;
  #liveBytes = 0;
  #scanned = 0;

  constructor(id: number, sizeBytes: number) {
    this.id = id;
    this.bytes = new Uint8Array(sizeBytes);
    this.#slots = new Int32Array(this.bytes.buffer);
  }

  /** Gives the bytes that a record of `length` bytes takes in a chunk. */
  static bytesFor(length: number): number {
    return length + SLOT_BYTES;
  }

  /** Gives the size of a chunk for one record of `length` bytes. */
  static sizeFor(length: number): number {
    return Math.ceil(length / SLOT_BYTES) * SLOT_BYTES + SLOT_BYTES;
  }

  /** Records that are still current, with their share of the slots. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  fits(length: number): boolean {
    return this.#usedBytes + length + (this.#count + 1) * SLOT_BYTES <= this.bytes.length;
  }

  /** Gives the offset of `length` bytes for a record of `slot`, which the caller fills; they fit. */
  append(slot: number, length: number): number {
    const offset = this.#usedBytes;
    this.#usedBytes += length;
    this.#count++;
    this.#slots[this.#slots.length - this.#count] = slot;
    this.#liveBytes += RecordChunk.bytesFor(length);
    return offset;
  }

  /** Counts a record as no longer current. */
  release(length: number): void {
    this.#liveBytes -= RecordChunk.bytesFor(length);
  }

  /** Gives, at each call, the slot that the next record was appended for. */
  scan(): number {
    this.#scanned++;
    return this.#slots[this.#slots.length - this.#scanned]!;
  }
}
