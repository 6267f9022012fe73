import { assert } from "./assert.js";
import { GUID_BYTES } from "./guid.js";
import { halfSipHash, type HashSeed } from "./half-sip-hash.js";
import { HashIndex, NO_ID } from "./hash-index.js";
import { Int32Column } from "./int32-column.js";
import { NumberPool } from "./number-pool.js";

const KEY_WORDS = 4;

/** Stands for "no slot". */
export const NO_SLOT = NO_ID;

/**
 * A table of GUIDs that gives each a slot: a small number, the same until the GUID is removed, by which other typed arrays are
 * indexed. Several may share a table, each keeping something else of the same slots. Slots that became free are given out again. It
 * holds TABLE_ENTRIES_MAX GUIDs (a Map ends at 16.7 million) at about 30 bytes each, outside the JavaScript heap, and no single
 * call takes long while it grows (see HashIndex and Int32Column).
 *
 * GUIDs are 16 bytes within a Uint8Array at an offset. They may be chosen by an attacker as long as he cannot know the seed.
 */
export class GuidTable {
  readonly #seed: HashSeed;
  readonly #index = new HashIndex();
  readonly #slots = new NumberPool();
  readonly #keys = new Int32Column();
  /** A bit for each slot that is in use. */
  readonly #used = new Int32Column();
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #holders: ((slot: number) => boolean)[] = [];

  constructor(seed: HashSeed) {
    this.#seed = seed;
  }

  /** The number of GUIDs. */
  get count(): number {
    return this.#index.count;
  }

  get heldBytes(): number {
    return this.#index.heldBytes + this.#slots.heldBytes + this.#keys.heldBytes + this.#used.heldBytes;
  }

  /** Gives the slot of a GUID, or NO_SLOT. */
  find(bytes: Uint8Array, offset: number): number {
    return this.#find(this.#readKey(bytes, offset));
  }

  /** Gives the slot of a GUID, which is entered where it is new (then `count` is one more). Throws Limit where the table is full. */
  insert(bytes: Uint8Array, offset: number): number {
    const hash = this.#readKey(bytes, offset);
    const slot = this.#find(hash);
    return slot === NO_SLOT ? this.#add(hash) : slot;
  }

  /** Has one more share the table, who tells of a slot whether he keeps something of it: then `release` leaves its GUID. */
  share(holds: (slot: number) => boolean): void {
    this.#holders.push(holds);
  }

  /** Removes the GUID of a slot that is in use unless somebody keeps something of it; the slot may be given to another GUID. */
  release(slot: number): void {
    assert(this.has(slot), "the slot is in use");
    for (const holds of this.#holders) if (holds(slot)) return;
    for (let word = 0; word < KEY_WORDS; word++) this.#key[word] = this.#keys.get(slot * KEY_WORDS + word);
    this.#index.remove(this.#hash(), slot);
    this.#flip(slot);
    this.#slots.give(slot);
  }

  /** Tells whether a slot is in use. */
  has(slot: number): boolean {
    return slot >= 0 && slot < this.#slots.end && ((this.#used.get(slot >>> 5) >>> slot) & 1) === 1;
  }

  /** Writes the 16 bytes of the GUID of a slot that is in use. */
  writeKey(slot: number, target: Uint8Array, offset: number): void {
    assert(this.has(slot) && offset + GUID_BYTES <= target.length, "the slot is in use and 16 bytes are free");
    for (let index = 0; index < GUID_BYTES; index++) {
      target[offset + index] = this.#keys.get(slot * KEY_WORDS + (index >>> 2)) >>> ((index & 3) * 8);
    }
  }

  #readKey(bytes: Uint8Array, offset: number): number {
    assert(offset >= 0 && offset + GUID_BYTES <= bytes.length, "16 bytes are there for a GUID");
    for (let word = 0; word < KEY_WORDS; word++) {
      const at = offset + word * 4;
      this.#key[word] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    }
    return this.#hash();
  }

  #hash(): number {
    return halfSipHash(this.#seed, this.#key, KEY_WORDS);
  }

  #find(hash: number): number {
    let slot = this.#index.first(hash);
    while (slot !== NO_SLOT && !this.#isKey(slot)) slot = this.#index.next(hash, slot);
    return slot;
  }

  #isKey(slot: number): boolean {
    const page = this.#keys.page(slot * KEY_WORDS);
    const at = this.#keys.place(slot * KEY_WORDS);
    const key = this.#key;
    return page[at] === key[0] && page[at + 1] === key[1] && page[at + 2] === key[2] && page[at + 3] === key[3];
  }

  #add(hash: number): number {
    const slot = this.#slots.take();
    this.#keys.reserve((slot + 1) * KEY_WORDS);
    for (let word = 0; word < KEY_WORDS; word++) this.#keys.set(slot * KEY_WORDS + word, this.#key[word]!);
    this.#used.reserve((slot >>> 5) + 1);
    this.#flip(slot);
    this.#index.insert(hash, slot);
    return slot;
  }

  #flip(slot: number): void {
    this.#used.set(slot >>> 5, this.#used.get(slot >>> 5) ^ (1 << slot));
  }
}
