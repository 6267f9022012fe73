import { assert } from "./assert.js";
import { HashCells, NO_ID } from "./hash-cells.js";

export { NO_ID };

const CELLS_MIN = 64;
/** Cells that each change moves while the index grows. */
const CELLS_MOVED = 8;

/**
 * Finds ids by the hash of a key that the caller keeps; ids are different from each other, hashes need not be:
 *
 *     let id = index.first(hash);
 *     while (id !== NO_ID && !isKey(id)) id = index.next(hash, id);
 *
 * Growing doubles the cells and moves a few of the old ones at each change, so that no change takes long however large the
 * index is. At any time a hash belongs to either the old or the new cells, so that a search looks at one of them. The longest
 * step is one run of neighbouring full cells, some hundred in an index of millions with hashes nobody can choose.
 */
export class HashIndex {
  #cells = new HashCells(CELLS_MIN);
  #old: HashCells | undefined;
  /** The old cell where moving began; the cell before it was empty. */
  #start = 0;
  #moved = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get heldBytes(): number {
    return this.#cells.heldBytes + (this.#old?.heldBytes ?? 0);
  }

  /** Gives the first id that was entered under `hash`, or NO_ID. */
  first(hash: number): number {
    return this.#cellsOf(hash).first(hash);
  }

  /** Gives the id under `hash` that follows `id`, or NO_ID. */
  next(hash: number, id: number): number {
    return this.#cellsOf(hash).next(hash, id);
  }

  /** Enters an id that is not in the index. */
  insert(hash: number, id: number): void {
    if (this.#old) this.#move(this.#old);
    else if (this.#count >= this.#cells.size * 0.75) this.#beginMoving();
    this.#cellsOf(hash).insert(hash, id);
    this.#count++;
  }

  /** Removes an id that was entered under `hash`. */
  remove(hash: number, id: number): void {
    if (this.#old) this.#move(this.#old);
    this.#cellsOf(hash).remove(hash, id);
    this.#count--;
  }

  #cellsOf(hash: number): HashCells {
    const old = this.#old;
    return old !== undefined && old.distance(this.#start, hash) >= this.#moved ? old : this.#cells;
  }

  #beginMoving(): void {
    assert(this.#old === undefined, "the index has moved before it grows again");
    const old = this.#cells;
    this.#old = old;
    this.#cells = new HashCells(old.size * 2);
    this.#start = old.findEmpty() + 1;
    this.#moved = 0;
    this.#move(old);
  }

  /** Moves cells up to an empty one: no run of probes crosses it, so what is behind it can be told from what is before. */
  #move(old: HashCells): void {
    const enough = Math.min(this.#moved + CELLS_MOVED, old.size);
    for (;;) {
      const wasFull = old.moveCell(this.#start + this.#moved, this.#cells);
      this.#moved++;
      // A run that meanwhile grew over the cell where moving began is followed to its end.
      if (!wasFull && this.#moved >= enough) break;
    }
    if (this.#moved >= old.size) this.#old = undefined;
  }
}
