import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HashIndex, NO_ID } from "../../src/base/hash-index.js";

/** An index beside Maps that say the same. */
class Pair {
  readonly index = new HashIndex();
  readonly hashOf = new Map<number, number>();
  readonly #idsOf = new Map<number, Set<number>>();
  #nextId = 0;

  insert(hash: number): void {
    const id = this.#nextId++;
    this.index.insert(hash, id);
    this.hashOf.set(id, hash);
    const ids = this.#idsOf.get(hash);
    if (ids) ids.add(id);
    else this.#idsOf.set(hash, new Set([id]));
  }

  remove(id: number): void {
    const hash = this.hashOf.get(id)!;
    this.index.remove(hash, id);
    this.hashOf.delete(id);
    this.#idsOf.get(hash)!.delete(id);
  }

  check(hashes: Iterable<number>): void {
    expect(this.index.count).toBe(this.hashOf.size);
    let wrong = 0;
    for (const hash of hashes) {
      const expected = this.#idsOf.get(hash) ?? new Set();
      const found = new Set<number>();
      for (let id = this.index.first(hash); id !== NO_ID; id = this.index.next(hash, id)) found.add(id);
      if (found.size !== expected.size || [...found].some((id) => !expected.has(id))) wrong++;
    }
    expect(wrong).toBe(0);
  }
}

describe("HashIndex", () => {
  // Few different hashes, many of them at the last cells, so that runs are long, go round the end and meet the moving.
  const hash = fc.oneof(
    fc.integer({ min: -40, max: 40 }),
    fc.integer(),
    fc.constantFrom(63, 127, 255, -1, 2 ** 31 - 1),
  );
  const steps = fc.array(fc.record({ hash, pick: fc.nat(), remove: fc.boolean() }), {
    minLength: 1,
    maxLength: 400,
    size: "max",
  });

  it("finds what a Map finds, also while it grows and with colliding hashes", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, insertsPerStep) => {
        const pair = new Pair();
        const hashes = new Set([0]);
        for (const { hash: chosen, pick, remove } of all) {
          hashes.add(chosen);
          for (let count = 0; count < insertsPerStep; count++) pair.insert(chosen);
          if (remove) pair.remove([...pair.hashOf.keys()][pick % pair.hashOf.size]!);
          pair.check(hashes);
        }
        pair.check(hashes);
      }),
      { numRuns: 30 },
    );
  });

  it("is exact at every step of growing, and empty after everything is removed", () => {
    const pair = new Pair();
    const hashes = Array.from({ length: 3000 }, (_, index) => Math.imul(index >> 1, 0x9e3779b1));
    for (const [count, chosen] of hashes.entries()) {
      pair.insert(chosen);
      if (count % 50 === 0) pair.check(hashes);
    }
    pair.check(hashes);
    for (const id of [...pair.hashOf.keys()].reverse()) {
      pair.remove(id);
      if (id % 100 === 0) pair.check(hashes);
    }
    pair.check(hashes);
  });

  it("refuses to remove what was not entered", () => {
    const index = new HashIndex();
    index.insert(7, 1);
    expect(() => index.remove(7, 2)).toThrow("assertion failed");
    expect(() => index.remove(8, 1)).toThrow("assertion failed");
  });
});
