import type { ColumnSnapshot } from "./snapshot-column.js";

/** Where the record of a slot stands: four words in a column, side by side, so that to look at one is one look into memory. */
export const PLACE_WORDS = 4;
/** The chunk's id + 1 (0 where the slot has no record). */
export const PLACE_CHUNK = 0;
export const PLACE_OFFSET = 1;
export const PLACE_LENGTH = 2;
/** What the caller notes of the record. */
export const PLACE_TAG = 3;

/**
 * The records of all slots as they were when it was taken. What happens in the store later does not show. The memory of the
 * records is held for as long as the view is.
 */
export class RecordView {
  /** Where the record of the slot looked at stands: the number of its chunk, and its bytes there. */
  chunkNumber = -1;
  offset = 0;
  length = 0;
  /** What was noted of it. */
  tag = 0;
  readonly #chunks: readonly (Uint8Array | undefined)[];
  readonly #places: ColumnSnapshot;

  /** Made by RecordStore.capture. */
  constructor(chunks: readonly (Uint8Array | undefined)[], places: ColumnSnapshot) {
    this.#chunks = chunks;
    this.#places = places;
  }

  /** Looks at the record of a slot that had one. */
  lookAt(slot: number): void {
    const page = this.#places.pageOf(slot * PLACE_WORDS);
    const at = this.#places.indexInPage(slot * PLACE_WORDS);
    this.chunkNumber = page[at + PLACE_CHUNK]! - 1;
    this.offset = page[at + PLACE_OFFSET]!;
    this.length = page[at + PLACE_LENGTH]!;
    this.tag = page[at + PLACE_TAG]!;
  }

  /** Gives bytes of a chunk, which stay as they are and must not be written to. */
  bytes(chunkNumber: number, offset: number, length: number): Uint8Array {
    return this.#chunks[chunkNumber]!.subarray(offset, offset + length);
  }

  /** Looks at the record of a slot that had one, and gives it, without a copy. */
  record(slot: number): Uint8Array {
    this.lookAt(slot);
    return this.bytes(this.chunkNumber, this.offset, this.length);
  }
}
