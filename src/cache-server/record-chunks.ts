import { NumberPool } from "../base/number-pool.js";
import { RecordChunk } from "./record-chunk.js";

/** A record above this share of a chunk gets one of its own, so that little is left unused at a chunk's end. */
const SHARED_RECORD_SHARE_MAX = 1 / 16;
/** A full chunk of which a smaller share is live is to be emptied: at most half as much again as is live is held. */
const LIVE_SHARE_MIN = 2 / 3;

/** The chunks of a RecordStore: the one that is appended to, the full ones, and among these the one that is to be emptied next. */
export class RecordChunks {
  readonly #chunkBytes: number;
  readonly #byId: (RecordChunk | undefined)[] = [];
  readonly #ids = new NumberPool();
  #current: RecordChunk | undefined;
  readonly #sparse = new Set<RecordChunk>();
  /** The one that `sparse` gave last, until it is dropped. */
  #emptying: RecordChunk | undefined;
  #heldBytes = 0;

  /** `chunkBytes` is a multiple of 4. */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** Bytes of all chunks. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The length of the longest record that shares a chunk with others. */
  get sharedRecordBytesMax(): number {
    return this.#chunkBytes * SHARED_RECORD_SHARE_MAX;
  }

  /** Gives the memory of the chunks there are now, by their ids. */
  bytesById(): readonly (Uint8Array | undefined)[] {
    return this.#byId.map((chunk) => chunk?.bytes);
  }

  /** Gives a chunk that was not dropped. */
  get(id: number): RecordChunk {
    return this.#byId[id]!;
  }

  /** Gives a chunk to append a record of `length` bytes to. */
  withRoom(length: number): RecordChunk {
    if (length > this.sharedRecordBytesMax) return this.#add(RecordChunk.sizeFor(length));
    const full = this.#current;
    if (full?.fits(length)) return full;
    this.#current = this.#add(this.#chunkBytes);
    if (full) this.#review(full);
    return this.#current;
  }

  /** Counts out a record of a chunk. With its last one a full chunk is dropped, and its id may be given to another. */
  release(chunk: RecordChunk, length: number): void {
    chunk.release(length);
    this.#review(chunk);
  }

  /** Gives the chunk whose records are to be moved elsewhere: the same one until it is dropped. */
  sparse(): RecordChunk | undefined {
    if (this.#emptying || this.#sparse.size === 0) return this.#emptying;
    const chunk = this.#sparse.values().next().value!;
    this.#sparse.delete(chunk);
    this.#emptying = chunk;
    return chunk;
  }

  #add(sizeBytes: number): RecordChunk {
    const chunk = new RecordChunk(this.#ids.take(), sizeBytes);
    this.#byId[chunk.id] = chunk;
    this.#heldBytes += sizeBytes;
    return chunk;
  }

  #review(chunk: RecordChunk): void {
    if (chunk === this.#current) return;
    if (chunk.liveBytes === 0) this.#drop(chunk);
    else if (chunk !== this.#emptying && chunk.liveBytes < chunk.bytes.length * LIVE_SHARE_MIN) this.#sparse.add(chunk);
  }

  #drop(chunk: RecordChunk): void {
    this.#heldBytes -= chunk.bytes.length;
    this.#byId[chunk.id] = undefined;
    this.#ids.give(chunk.id);
    this.#sparse.delete(chunk);
    if (this.#emptying === chunk) this.#emptying = undefined;
  }
}
