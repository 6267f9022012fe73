import { halfOf, maskOf } from "./client-bit.js";

/** A set of registered clients that changes: a mask for either half. */
export class ClientSet {
  low = 0;
  high = 0;

  add(bit: number): void {
    if (halfOf(bit) === 0) this.low |= maskOf(bit);
    else this.high |= maskOf(bit);
  }

  remove(bit: number): void {
    if (halfOf(bit) === 0) this.low &= ~maskOf(bit);
    else this.high &= ~maskOf(bit);
  }

  /** Makes the set the one of two masks. */
  become(low: number, high: number): void {
    this.low = low;
    this.high = high;
  }
}
