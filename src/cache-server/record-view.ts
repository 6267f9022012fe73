/**
 * Records as they were when they were captured, in the order in which they were asked for. What happens in the store later
 * does not show. The memory of the records is held for as long as the view is.
 */
export class RecordView {
  /** The number of records. */
  readonly count: number;
  readonly #chunks: readonly (Uint8Array | undefined)[];
  /** Chunk, offset and length of each record, one after the other. */
  readonly #places: Int32Array;

  /** Made by RecordStore.capture. */
  constructor(chunks: readonly (Uint8Array | undefined)[], places: Int32Array) {
    this.count = places.length / 3;
    this.#chunks = chunks;
    this.#places = places;
  }

  /** Gives a record, `index` from 0 to `count` - 1, as bytes that stay as they are and must not be written to. */
  record(index: number): Uint8Array {
    const at = index * 3;
    const offset = this.#places[at + 1]!;
    return this.#chunks[this.#places[at]!]!.subarray(offset, offset + this.#places[at + 2]!);
  }
}
