import { assert } from "../base/assert.js";
import { LiveDistError } from "../base/errors.js";
import { Int32Column } from "../base/int32-column.js";
import { RECORD_BYTES_MAX } from "../base/limits.js";
import type { RecordChunk } from "./record-chunk.js";
import { RecordChunks } from "./record-chunks.js";
import { RecordView } from "./record-view.js";

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
  /** By slot: the chunk's id + 1 (0 where there is no record), and where the record stands in it. */
  readonly #chunkOf = new Int32Column();
  readonly #offsets = new Int32Column();
  readonly #lengths = new Int32Column();

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
    return this.#chunkOf.heldBytes + this.#offsets.heldBytes + this.#lengths.heldBytes;
  }

  has(slot: number): boolean {
    return slot < this.#chunkOf.length && this.#chunkOf.get(slot) !== 0;
  }

  /** Copies a record, whole or in pieces, to a slot, in place of the one before. Throws Limit where it is too large. */
  set(slot: number, record: Uint8Array | readonly Uint8Array[]): void {
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
    this.#count++;
    this.#liveBytes += length;
    this.#empty(length);
  }

  /** Gives the record of a slot that has one, without a copy. The bytes stay as they are and must not be written to. */
  get(slot: number): Uint8Array {
    assert(this.has(slot), "the slot has a record");
    const offset = this.#offsets.get(slot);
    return this.#chunkAt(slot).bytes.subarray(offset, offset + this.#lengths.get(slot));
  }

  /** Removes the record of a slot, where there is one. */
  remove(slot: number): void {
    if (!this.has(slot)) return;
    const length = this.#lengths.get(slot);
    this.#release(slot);
    this.#chunkOf.set(slot, 0);
    this.#empty(length);
  }

  /** Gives the records of slots that have one as they are now, to be read later; takes 12 bytes a record and copies none. */
  capture(slots: Uint32Array | Iterable<number>): RecordView {
    const captured = slots instanceof Uint32Array ? slots : Uint32Array.from(slots);
    const places = new Int32Array(captured.length * 3);
    const chunks = new Array<Uint8Array | undefined>(this.#chunks.idsEnd).fill(undefined);
    for (let index = 0; index < captured.length; index++) {
      const slot = captured[index]!;
      assert(this.has(slot), "the slot has a record");
      const chunk = this.#chunkAt(slot);
      chunks[chunk.id] = chunk.bytes;
      places[index * 3] = chunk.id;
      places[index * 3 + 1] = this.#offsets.get(slot);
      places[index * 3 + 2] = this.#lengths.get(slot);
    }
    return new RecordView(chunks, places);
  }

  #chunkAt(slot: number): RecordChunk {
    return this.#chunks.get(this.#chunkOf.get(slot) - 1);
  }

  #place(slot: number, chunk: RecordChunk, offset: number, length: number): void {
    this.#chunkOf.reserve(slot + 1);
    this.#offsets.reserve(slot + 1);
    this.#lengths.reserve(slot + 1);
    this.#chunkOf.set(slot, chunk.id + 1);
    this.#offsets.set(slot, offset);
    this.#lengths.set(slot, length);
  }

  /** Counts out the record of a slot, where there is one. */
  #release(slot: number): void {
    if (!this.has(slot)) return;
    const length = this.#lengths.get(slot);
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
    if (this.#chunkOf.get(slot) !== chunk.id + 1) return 0;
    const length = this.#lengths.get(slot);
    const from = this.#offsets.get(slot);
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
