import { assert } from "../base/assert.js";
import { LiveDistError } from "../base/errors.js";
import { RECORD_BYTES_MAX } from "../base/limits.js";
import type { RecordChunk } from "./record-chunk.js";
import { RecordChunks } from "./record-chunks.js";
import { PLACE_CHUNK, PLACE_LENGTH, PLACE_OFFSET, PLACE_TAG, PLACE_WORDS, RecordView } from "./record-view.js";
import { SnapshotColumn } from "./snapshot-column.js";

const CHUNK_BYTES = 4 * 1024 * 1024;
/** What a change may spend on emptying: bytes moved, for the bytes of its own record and beyond. */
const MOVED_PER_BYTE = 4;
const MOVED_BYTES_MIN = 4096;
/** What looking at one record costs, in bytes moved. */
const LOOK_BYTES = 32;

/**
 * Keeps a record of bytes for each slot in large chunks outside the JavaScript heap. A record is replaced, never changed, and
 * memory that was written is never written again: a view of a record stays as it is for as long as somebody holds it.
 *
 * Chunks of which much is outdated are emptied, a bounded part at each change, and left to the garbage collector: `heldBytes`
 * stays under 1.5 times the live bytes (and 4 for each record) plus a few chunks, in whatever order records are overwritten.
 */
export class RecordStore {
  readonly #chunks: RecordChunks;
  /** By slot, side by side, so that looking at one record takes one look into memory: see PLACE_WORDS. */
  readonly #places = new SnapshotColumn();

  #count = 0;
  #liveBytes = 0;

  /** `chunkBytes` is a multiple of 4. */
  constructor(options: { chunkBytes?: number } = {}) {
    this.#chunks = new RecordChunks(options.chunkBytes ?? CHUNK_BYTES);
  }

  /** The number of records. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all records. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Bytes of all chunks; those that only views still hold do not count. */
  get heldBytes(): number {
    return this.#chunks.heldBytes;
  }

  /** Bytes of the tables that say where each slot's record is. */
  get tableBytes(): number {
    return this.#places.heldBytes;
  }

  has(slot: number): boolean {
    const at = slot * PLACE_WORDS;
    return at < this.#places.length && this.#places.get(at + PLACE_CHUNK) !== 0;
  }

  /**
   * Copies a record, whole or in pieces, to a slot, in place of the one before. `tag` is what the caller notes of it. Throws
   * Limit where it is too large.
   */
  set(slot: number, record: Uint8Array | readonly Uint8Array[], tag = 0): void {
    const length = lengthOf(record);
    if (length > RECORD_BYTES_MAX) {
      throw new LiveDistError(
        "Limit",
        `an entity of ${length} bytes is larger than RECORD_BYTES_MAX, ${RECORD_BYTES_MAX}`,
      );
    }
    const chunk = this.#chunks.withRoom(length);
    const offset = chunk.append(slot, length);
    copyTo(chunk.bytes, offset, record);
    this.#release(slot);
    this.#place(slot, chunk, offset, length);
    this.#places.set(slot * PLACE_WORDS + PLACE_TAG, tag);
    this.#count++;
    this.#liveBytes += length;
    this.#empty(length);
  }

  /** Gives the record of a slot that has one, without a copy. The bytes stay as they are and must not be written to. */
  get(slot: number): Uint8Array {
    assert(this.has(slot), "the slot has a record");
    const offset = this.#offsetOf(slot);
    return this.#chunkAt(slot).bytes.subarray(offset, offset + this.#lengthOf(slot));
  }

  /** Gives what was noted of the record of a slot that has one. */
  tag(slot: number): number {
    return this.#places.get(slot * PLACE_WORDS + PLACE_TAG);
  }

  /** Removes the record of a slot, where there is one. */
  remove(slot: number): void {
    if (!this.has(slot)) return;
    const length = this.#lengthOf(slot);
    this.#release(slot);
    this.#places.set(slot * PLACE_WORDS + PLACE_CHUNK, 0);
    this.#empty(length);
  }

  /** Gives the records as they are now, to be read later. Copies nothing, whatever their number. */
  capture(): RecordView {
    return new RecordView(this.#chunks.bytesById(), this.#places.snapshot());
  }

  #offsetOf(slot: number): number {
    return this.#places.get(slot * PLACE_WORDS + PLACE_OFFSET);
  }

  #lengthOf(slot: number): number {
    return this.#places.get(slot * PLACE_WORDS + PLACE_LENGTH);
  }

  #chunkAt(slot: number): RecordChunk {
    return this.#chunks.get(this.#places.get(slot * PLACE_WORDS + PLACE_CHUNK) - 1);
  }

  #place(slot: number, chunk: RecordChunk, offset: number, length: number): void {
    const at = slot * PLACE_WORDS;
    this.#places.reserve(at + PLACE_WORDS);
    this.#places.set(at + PLACE_CHUNK, chunk.id + 1);
    this.#places.set(at + PLACE_OFFSET, offset);
    this.#places.set(at + PLACE_LENGTH, length);
  }

  /** Counts out the record of a slot, where there is one. */
  #release(slot: number): void {
    if (!this.has(slot)) return;
    const length = this.#lengthOf(slot);
    this.#count--;
    this.#liveBytes -= length;
    this.#chunks.release(this.#chunkAt(slot), length);
  }

  /** Moves records out of chunks that hold little, as much as a change of `length` bytes may spend. */
  #empty(length: number): void {
    let bytes = MOVED_BYTES_MIN + MOVED_PER_BYTE * Math.min(length, this.#chunks.sharedRecordBytesMax);
    for (let chunk = this.#chunks.sparse(); chunk && bytes > 0; chunk = this.#chunks.sparse()) {
      bytes -= LOOK_BYTES + this.#emptyOne(chunk);
    }
  }

  /** Moves the next record of a chunk unless it is outdated, and gives the bytes moved. The last one drops the chunk. */
  #emptyOne(chunk: RecordChunk): number {
    const slot = chunk.scan();
    // A slot may stand there twice, of which one is outdated; at the first its current record moves, so the second finds it gone.
    if (this.#places.get(slot * PLACE_WORDS + PLACE_CHUNK) !== chunk.id + 1) return 0;
    const length = this.#lengthOf(slot);
    const from = this.#offsetOf(slot);
    const target = this.#chunks.withRoom(length);
    const offset = target.append(slot, length);
    copyBytes(chunk.bytes, from, length, target.bytes, offset);
    this.#place(slot, target, offset, length);
    this.#chunks.release(chunk, length);
    return length;
  }
}

function lengthOf(record: Uint8Array | readonly Uint8Array[]): number {
  if (record instanceof Uint8Array) return record.length;
  let length = 0;
  for (const piece of record) length += piece.length;
  return length;
}

function copyTo(target: Uint8Array, offset: number, record: Uint8Array | readonly Uint8Array[]): void {
  if (record instanceof Uint8Array) {
    target.set(record, offset);
    return;
  }
  let at = offset;
  for (const piece of record) {
    target.set(piece, at);
    at += piece.length;
  }
}

const SHORT_BYTES = 128;

function copyBytes(source: Uint8Array, from: number, length: number, target: Uint8Array, to: number): void {
  if (length > SHORT_BYTES) target.set(source.subarray(from, from + length), to);
  else for (let index = 0; index < length; index++) target[to + index] = source[from + index]!;
}
