import { ByteWriter } from "./byte-writer.js";

const SLAB_BYTES = 16_384;
/** What is larger would waste too much of a slab. */
const SMALL_BYTES = SLAB_BYTES / 8;
const SCRATCH_BYTES_KEPT = 1024 * 1024;

/** A buffer that is being written: what stands in the writer from `start` on. */
export interface OpenBuffer {
  readonly writer: ByteWriter;
  readonly start: number;
  readonly isInSlab: boolean;
}

/**
 * Finds the memory for buffers that are written one at a time. Many small ones are written one behind the other into a slab
 * and stay there, since to find memory for each costs more than all else; a large one is written where the next large one
 * will be, and copied. Whoever writes a buffer may write others meanwhile.
 */
export class BufferMemory {
  #slab: ByteWriter | undefined;
  #scratch: ByteWriter | undefined;
  #wasLarge = false;

  begin(): OpenBuffer {
    const isInSlab = !this.#wasLarge;
    const writer = (isInSlab ? this.#slab : this.#scratch) ?? new ByteWriter(SLAB_BYTES);
    // Not to be found by another that begins before this one has ended; one that never ends is left to the garbage collector.
    if (isInSlab) this.#slab = undefined;
    else this.#scratch = undefined;
    return { writer, start: writer.length, isInSlab };
  }

  /** Gives what was written. */
  end({ writer, start, isInSlab }: OpenBuffer): Uint8Array<ArrayBuffer> {
    this.#wasLarge = writer.length - start > SMALL_BYTES;
    const stays = isInSlab && !this.#wasLarge;
    const bytes = stays ? writer.view(start) : writer.copy(start);
    if (!stays) writer.reset(start);
    if (!isInSlab && writer.free <= SCRATCH_BYTES_KEPT) this.#scratch = writer;
    else if (isInSlab && writer.free >= SMALL_BYTES && writer.length + writer.free === SLAB_BYTES) this.#slab = writer;
    return bytes;
  }
}
