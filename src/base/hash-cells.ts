import { assert } from "./assert.js";

/** Stands for "no id". */
export const NO_ID = -1;

/**
 * The cells of a HashIndex: open addressing with linear probing. A cell is two words, id + 1 (0 where it is empty) and the hash,
 * so that probing, removing and moving cells never look at the keys, which are elsewhere in memory. `size` is a power of two;
 * the owner keeps some cells empty.
 */
export class HashCells {
  readonly size: number;
  readonly #mask: number;
  readonly #words: Int32Array;

  constructor(size: number) {
    this.size = size;
    this.#mask = size - 1;
    this.#words = new Int32Array(size * 2);
  }

  get heldBytes(): number {
    return this.#words.byteLength;
  }

  /** Gives the number of cells from `cell` on to where the probing for `hash` begins. */
  distance(cell: number, hash: number): number {
    return (hash - cell) & this.#mask;
  }

  /** Gives the first id that was entered under `hash`, or NO_ID. */
  first(hash: number): number {
    return this.#scan(hash, hash & this.#mask);
  }

  /** Gives the id under `hash` that follows `id`, or NO_ID. */
  next(hash: number, id: number): number {
    return this.#scan(hash, (this.#cellOf(hash, id) + 1) & this.#mask);
  }

  insert(hash: number, id: number): void {
    const words = this.#words;
    let cell = hash & this.#mask;
    while (words[cell * 2] !== 0) cell = (cell + 1) & this.#mask;
    words[cell * 2] = id + 1;
    words[cell * 2 + 1] = hash;
  }

  /** Removes an id and closes the gap, so that removing leaves nothing that later probes have to step over. */
  remove(hash: number, id: number): void {
    const words = this.#words;
    const mask = this.#mask;
    let gap = this.#cellOf(hash, id);
    for (let cell = (gap + 1) & mask; words[cell * 2] !== 0; cell = (cell + 1) & mask) {
      const probed = (cell - words[cell * 2 + 1]!) & mask;
      // Closer to its home than the gap is: there the probing for it would not pass.
      if (probed < ((cell - gap) & mask)) continue;
      words[gap * 2] = words[cell * 2]!;
      words[gap * 2 + 1] = words[cell * 2 + 1]!;
      gap = cell;
    }
    words[gap * 2] = 0;
  }

  /** Moves what is in a cell to other cells, without closing the gap; false where the cell is empty. */
  moveCell(cell: number, target: HashCells): boolean {
    const at = (cell & this.#mask) * 2;
    const entry = this.#words[at]!;
    if (entry === 0) return false;
    this.#words[at] = 0;
    target.insert(this.#words[at + 1]!, entry - 1);
    return true;
  }

  /** Gives the number of an empty cell. */
  findEmpty(): number {
    let cell = 0;
    while (this.#words[cell * 2] !== 0) cell++;
    return cell;
  }

  #scan(hash: number, from: number): number {
    const words = this.#words;
    for (let cell = from; ; cell = (cell + 1) & this.#mask) {
      const entry = words[cell * 2]!;
      if (entry === 0) return NO_ID;
      if (words[cell * 2 + 1] === hash) return entry - 1;
    }
  }

  #cellOf(hash: number, id: number): number {
    const words = this.#words;
    for (let cell = hash & this.#mask; ; cell = (cell + 1) & this.#mask) {
      const entry = words[cell * 2]!;
      if (entry === id + 1) return cell;
      assert(entry !== 0, "the id is in the index under this hash");
    }
  }
}
