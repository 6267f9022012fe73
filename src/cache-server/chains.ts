import { Int32Column } from "../base/int32-column.js";

/** Stands for "no item". */
export const NO_ITEM = -1;

/**
 * Chains of items, each of which has one owner: both are dense numbers. An item is added and removed at a cost that does not
 * grow with its chain, and a chain without items takes nothing. The newest item comes first.
 */
export class Chains {
  // Entries are one above the item they mean, so that the 0 of a new entry means none.
  readonly #first = new Int32Column();
  readonly #next = new Int32Column();
  readonly #previous = new Int32Column();

  get heldBytes(): number {
    return this.#first.heldBytes + this.#next.heldBytes + this.#previous.heldBytes;
  }

  /** Gives the first item of an owner, or NO_ITEM. */
  first(owner: number): number {
    return owner < this.#first.length ? this.#first.get(owner) - 1 : NO_ITEM;
  }

  /** Gives the item that follows an item in its chain, or NO_ITEM. */
  next(item: number): number {
    return this.#next.get(item) - 1;
  }

  /** Puts an item, which is in no chain, in front of its owner's. */
  add(owner: number, item: number): void {
    this.#first.reserve(owner + 1);
    this.#next.reserve(item + 1);
    this.#previous.reserve(item + 1);
    const second = this.#first.get(owner);
    this.#next.set(item, second);
    this.#previous.set(item, 0);
    if (second !== 0) this.#previous.set(second - 1, item + 1);
    this.#first.set(owner, item + 1);
  }

  /** Takes an item out of its owner's chain. */
  remove(owner: number, item: number): void {
    const next = this.#next.get(item);
    const previous = this.#previous.get(item);
    if (previous === 0) this.#first.set(owner, next);
    else this.#next.set(previous - 1, next);
    if (next !== 0) this.#previous.set(next - 1, previous);
  }
}
