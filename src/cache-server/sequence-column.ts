import { Int32Column } from "../base/int32-column.js";

const HIGH = 2 ** 32;

/** A sequence-number for each slot, 0 until it is set: 4 bytes each, and 4 more where there are such beyond 2^32. */
export class SequenceColumn {
  readonly #low = new Int32Column();
  readonly #high = new Int32Column();

  get heldBytes(): number {
    return this.#low.heldBytes + this.#high.heldBytes;
  }

  get(slot: number): number {
    if (slot >= this.#low.length) return 0;
    const high = slot < this.#high.length ? this.#high.get(slot) * HIGH : 0;
    return high + (this.#low.get(slot) >>> 0);
  }

  set(slot: number, sequence: number): void {
    this.#low.reserve(slot + 1);
    this.#low.set(slot, (sequence % HIGH) | 0);
    const high = Math.floor(sequence / HIGH);
    if (high === 0 && slot >= this.#high.length) return;
    this.#high.reserve(slot + 1);
    this.#high.set(slot, high);
  }
}
