import { NO_SLOT } from "../base/guid-table.js";

const WORDS_MIN = 32;

/**
 * A set of slots, a bit for each slot there may be: of a million entities it takes 125 KB, whether it holds few of them or
 * all, and gives them in their order.
 */
export class SlotSet {
  #words: Int32Array;
  #count = 0;

  /** `end` is above the slots to come; others make it grow. */
  constructor(end = 0) {
    this.#words = new Int32Array(Math.max(WORDS_MIN, (end + 31) >>> 5));
  }

  /** Makes a set of some slots. */
  static of(slots: Iterable<number>): SlotSet {
    const set = new SlotSet();
    for (const slot of slots) set.add(slot);
    return set;
  }

  get count(): number {
    return this.#count;
  }

  has(slot: number): boolean {
    const word = slot >>> 5;
    return word < this.#words.length && ((this.#words[word]! >>> slot) & 1) === 1;
  }

  add(slot: number): void {
    const word = slot >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    const bit = 1 << slot;
    if ((this.#words[word]! & bit) !== 0) return;
    this.#words[word]! |= bit;
    this.#count++;
  }

  /** Gives the lowest slot of the set that is not below `from`, or NO_SLOT. */
  next(from: number): number {
    const words = this.#words;
    let word = from >>> 5;
    if (word >= words.length) return NO_SLOT;
    let bits = words[word]! & (-1 << from);
    while (bits === 0) {
      if (++word === words.length) return NO_SLOT;
      bits = words[word]!;
    }
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** Calls back for each slot, in their order. */
  forEach(callback: (slot: number) => void): void {
    for (let slot = this.next(0); slot !== NO_SLOT; slot = this.next(slot + 1)) callback(slot);
  }

  #grow(words: number): void {
    const grown = new Int32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}
