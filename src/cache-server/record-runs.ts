import type { RecordView } from "./record-view.js";

/** Runs at least so long are given from where they lie; shorter ones are copied together, which costs less than a buffer for each. */
const VIEW_BYTES_MIN = 4 * 1024;

/** Records in the order in which they were added, of which those that lie next to each other in memory are one run. */
export class RecordRuns {
  readonly #records: RecordView;
  /** Chunk, offset and length of each run before the last, one after the other. */
  readonly #runs: number[] = [];
  #chunk = -1;
  #offset = 0;
  #length = 0;
  #bytes = 0;

  constructor(records: RecordView) {
    this.#records = records;
  }

  /** Bytes of all records. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the record that the view looks at. */
  add(): void {
    const { chunkNumber, offset, length } = this.#records;
    this.#bytes += length;
    if (chunkNumber === this.#chunk && offset === this.#offset + this.#length) {
      this.#length += length;
      return;
    }
    this.#endRun();
    this.#chunk = chunkNumber;
    this.#offset = offset;
    this.#length = length;
  }

  /** Gives buffers that hold `head` and all records, in another order. Memory of the records is shared, not copied, where it pays. */
  finish(head: Uint8Array): Uint8Array[] {
    this.#endRun();
    const runs = this.#runs;
    const views: Uint8Array[] = [];
    const first = new Uint8Array(head.length + this.#copiedBytes());
    first.set(head);
    let at = head.length;
    for (let run = 0; run < runs.length; run += 3) {
      const length = runs[run + 2]!;
      const bytes = this.#records.bytes(runs[run]!, runs[run + 1]!, length);
      if (length >= VIEW_BYTES_MIN) views.push(bytes);
      else {
        first.set(bytes, at);
        at += length;
      }
    }
    return [first, ...views];
  }

  #copiedBytes(): number {
    let bytes = 0;
    for (let run = 2; run < this.#runs.length; run += 3) {
      if (this.#runs[run]! < VIEW_BYTES_MIN) bytes += this.#runs[run]!;
    }
    return bytes;
  }

  #endRun(): void {
    if (this.#length > 0) this.#runs.push(this.#chunk, this.#offset, this.#length);
    this.#length = 0;
  }
}
