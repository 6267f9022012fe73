import { LiveDistError } from "./errors.js";
import { Int32Column } from "./int32-column.js";
import { TABLE_ENTRIES_MAX } from "./limits.js";

/** Gives out dense numbers from 0 on, those given back first: what columns are indexed by. */
export class NumberPool {
  readonly #free = new Int32Column();
  #freeCount = 0;
  #end = 0;

  /** Numbers in use. */
  get count(): number {
    return this.#end - this.#freeCount;
  }

  /** One above the highest number ever given out. */
  get end(): number {
    return this.#end;
  }

  get heldBytes(): number {
    return this.#free.heldBytes;
  }

  /** Throws Limit unless `count` more numbers can be taken. */
  requireRoom(count: number): void {
    if (this.count + count <= TABLE_ENTRIES_MAX) return;
    throw new LiveDistError("Limit", `a table would have more entries than TABLE_ENTRIES_MAX, ${TABLE_ENTRIES_MAX}`);
  }

  /** Gives a number that is not in use. Throws Limit where there is none. */
  take(): number {
    if (this.#freeCount > 0) return this.#free.get(--this.#freeCount);
    this.requireRoom(1);
    return this.#end++;
  }

  /** Takes back a number that is in use. */
  give(number: number): void {
    this.#free.reserve(this.#freeCount + 1);
    this.#free.set(this.#freeCount++, number);
  }
}
