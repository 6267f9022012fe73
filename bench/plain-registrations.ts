import { BitSet } from "bitset";
import type { Standing } from "../src/registration/registration-table.js";

/** What is asked of all who keep registrations; an entity is named by its number. */
export interface Registrations {
  put(entity: number, bit: number, standing: Standing): void;
  clear(bit: number): void;
}

interface BigIntMasks {
  registered: bigint;
  synchronized: bigint;
}

/** What one would write first: a Map, and a 64-bit number for each of the two sets of clients. */
export class BigIntRegistrations implements Registrations {
  readonly #ids: readonly string[];
  readonly #entities = new Map<string, BigIntMasks>();

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  put(entity: number, bit: number, standing: Standing): void {
    const id = this.#ids[entity]!;
    let masks = this.#entities.get(id);
    if (!masks) this.#entities.set(id, (masks = { registered: 0n, synchronized: 0n }));
    const client = 1n << BigInt(bit);
    masks.registered |= client;
    if (standing === "synchronized") masks.synchronized |= client;
    else masks.synchronized &= ~client;
  }

  clear(bit: number): void {
    const others = ~(1n << BigInt(bit));
    for (const [id, masks] of this.#entities) {
      masks.registered &= others;
      masks.synchronized &= others;
      if (masks.registered === 0n) this.#entities.delete(id);
    }
  }
}

interface BitSets {
  readonly registered: BitSet;
  readonly synchronized: BitSet;
}

/** The same with a package for sets of bits. */
export class BitSetRegistrations implements Registrations {
  readonly #ids: readonly string[];
  readonly #entities = new Map<string, BitSets>();

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  put(entity: number, bit: number, standing: Standing): void {
    const id = this.#ids[entity]!;
    let sets = this.#entities.get(id);
    if (!sets) this.#entities.set(id, (sets = { registered: new BitSet(), synchronized: new BitSet() }));
    sets.registered.set(bit, 1);
    sets.synchronized.set(bit, standing === "synchronized" ? 1 : 0);
  }

  clear(bit: number): void {
    for (const [id, { registered, synchronized }] of this.#entities) {
      registered.set(bit, 0);
      synchronized.set(bit, 0);
      if (registered.isEmpty()) this.#entities.delete(id);
    }
  }
}
