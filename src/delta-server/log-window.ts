import { assert } from "../base/assert.js";
import type { WindowRow } from "./window-row.js";

/**
 * The newest rows of the log as they were decided on: what positions are served from. Older rows leave when the window is
 * above its limit; a position before the window is served from the database.
 */
export class LogWindow {
  readonly #bytesMax: number;
  #rows: WindowRow[] = [];
  #bytes = 0;
  #startSequence: number;
  #lastSequence: number;

  constructor(startSequence: number, bytesMax: number) {
    this.#startSequence = startSequence;
    this.#lastSequence = startSequence;
    this.#bytesMax = bytesMax;
  }

  /** Positions from here on are served from the window. */
  get startSequence(): number {
    return this.#startSequence;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the next row of the log, and lets go of the oldest where the window gets above its limit; the newest always stays. */
  push(row: WindowRow): void {
    assert(row.sequence > this.#lastSequence, "rows enter in the order of the log");
    this.#rows.push(row);
    this.#bytes += row.bytes;
    this.#lastSequence = row.sequence;
    if (this.#bytes > this.#bytesMax) this.#shrink();
  }

  /** Notes that a row, if it is still there, holds more by now. */
  hold(sequence: number, bytes: number): void {
    const row = this.row(sequence);
    if (row === undefined) return;
    row.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) this.#shrink();
  }

  /** Gives the row of a sequence-number, where the window has it. */
  row(sequence: number): WindowRow | undefined {
    const row = this.#rows[firstAfter(this.#rows, sequence - 1)];
    return row?.sequence === sequence ? row : undefined;
  }

  /** Gives the rows after a position, which is not before the window, up to a sequence. */
  after(sequence: number, throughSequence = this.#lastSequence): readonly WindowRow[] {
    assert(sequence >= this.#startSequence, "the window reaches back to the position");
    return this.#rows.slice(firstAfter(this.#rows, sequence), firstAfter(this.#rows, throughSequence));
  }

  /** Lets go of more than is necessary, so that it is not done for every row. */
  #shrink(): void {
    let count = 0;
    const target = this.#bytesMax * 0.9;
    while (this.#bytes > target && count < this.#rows.length - 1) this.#bytes -= this.#rows[count++]!.bytes;
    if (count === 0) return;
    this.#startSequence = this.#rows[count - 1]!.sequence;
    this.#rows = this.#rows.slice(count);
  }
}

/** Gives the index of the first row after a sequence, in rows that are in order. What is near the end, as most is, is found soonest. */
export function firstAfter(rows: readonly { readonly sequence: number }[], sequence: number): number {
  let high = rows.length;
  let step = 1;
  for (; step <= high && rows[high - step]!.sequence > sequence; step *= 2) high -= step;
  let low = Math.max(0, high - step);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.sequence > sequence) high = middle;
    else low = middle + 1;
  }
  return low;
}
