import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToGuid, guidToBytes } from "../../src/base/guid.js";
import { GuidTable, NO_SLOT } from "../../src/base/guid-table.js";
import { halfSipHash } from "../../src/base/half-sip-hash.js";

const seed = { k0: 0x1234567, k1: -0x7654321 };

/** A table beside a Map that says the same. */
class Pair {
  readonly table: GuidTable;
  readonly model = new Map<string, number>();
  readonly #bytes = new Uint8Array(20);

  constructor() {
    this.table = new GuidTable(seed);
  }

  insert(guid: string): void {
    guidToBytes(guid, this.#bytes, 3);
    const slot = this.table.insert(this.#bytes, 3);
    const known = this.model.get(guid);
    if (known === undefined) {
      this.model.set(guid, slot);
    } else expect(slot).toBe(known);
    expect(this.table.count).toBe(this.model.size);
  }

  find(guid: string): void {
    guidToBytes(guid, this.#bytes, 1);
    expect(this.table.find(this.#bytes, 1)).toBe(this.model.get(guid) ?? NO_SLOT);
  }

  remove(guid: string): void {
    const slot = this.model.get(guid);
    if (slot === undefined) return;
    this.table.release(slot);
    this.model.delete(guid);
    expect(this.table.has(slot)).toBe(false);
  }

  check(): void {
    expect(this.table.count).toBe(this.model.size);
    expect(slotsOf(this.table, Math.max(0, ...this.model.values()))).toEqual(
      [...this.model.values()].sort((a, b) => a - b),
    );
    for (const [guid, slot] of this.model) {
      this.table.writeKey(slot, this.#bytes, 2);
      expect(bytesToGuid(this.#bytes, 2)).toBe(guid);
      this.find(guid);
    }
  }
}

/** Gives the slots in use; there is none above the last one, and some beyond. */
function slotsOf(table: GuidTable, last: number): number[] {
  return Array.from({ length: last + 40 }, (_, slot) => slot).filter((slot) => table.has(slot));
}

/** Makes different GUIDs out of numbers; they differ in one place only. */
function guidOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

function hashOf(guid: string): number {
  const words = new Int32Array(4);
  guidToBytes(guid, new Uint8Array(words.buffer), 0);
  return halfSipHash(seed, words, 4);
}

describe("GuidTable", () => {
  it("does what a Map does over random operations", () => {
    const step = fc.record({
      key: fc.nat({ max: 1500 }),
      action: fc.constantFrom("insert", "insert", "insert", "find", "remove"),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 4000, size: "max" }), (steps) => {
        const pair = new Pair();
        for (const { key, action } of steps) pair[action](guidOf(key));
        pair.check();
      }),
      { numRuns: 15 },
    );
  });

  it("finds keys that collide in their whole hash, and in their place across the end of the table", () => {
    const byHash = new Map<number, string>();
    const colliding: string[] = [];
    for (let number = 0; number < 300_000; number++) {
      const guid = guidOf(number);
      const hash = hashOf(guid);
      const other = byHash.get(hash);
      if (other !== undefined) colliding.push(other, guid);
      // The last places of any table of up to 4096 cells.
      else if ((hash & 4095) >= 4092 && colliding.length < 400) colliding.push(guid);
      byHash.set(hash, guid);
    }
    expect(new Set(colliding.map(hashOf)).size).toBeLessThan(colliding.length);
    const pair = new Pair();
    for (const guid of colliding) pair.insert(guid);
    pair.check();
    for (const [index, guid] of colliding.entries()) if (index % 3 === 0) pair.remove(guid);
    pair.check();
    for (const guid of colliding) pair.find(guid);
    for (const guid of colliding) pair.insert(guid);
    pair.check();
  });

  it("tells keys apart that differ in any single bit", () => {
    const pair = new Pair();
    const bytes = new Uint8Array(16).fill(0x80);
    pair.insert(bytesToGuid(bytes, 0));
    for (let bit = 0; bit < 128; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      pair.find(bytesToGuid(bytes, 0));
      pair.insert(bytesToGuid(bytes, 0));
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    pair.check();
    expect(pair.table.count).toBe(129);
  });

  it("gives freed slots out again, so that slots stay as many as there ever were GUIDs at once", () => {
    const pair = new Pair();
    for (let round = 0; round < 8; round++) {
      for (let index = 0; index < 1000; index++) pair.insert(guidOf(round * 1000 + index));
      for (let index = 0; index < 1000; index++) pair.remove(guidOf(round * 1000 + index));
    }
    expect(pair.table.count).toBe(0);
    const held = pair.table.heldBytes;
    for (let index = 0; index < 1000; index++) pair.insert(guidOf(index));
    expect(pair.table.heldBytes).toBe(held);
    expect(Math.max(...pair.model.values())).toBe(999);
  });

  it("leaves a GUID to its slot while somebody who shares the table keeps something of it", () => {
    const table = new GuidTable(seed);
    const kept = [new Set<number>(), new Set<number>()] as const;
    for (const slots of kept) table.share((slot) => slots.has(slot));
    const bytes = new Uint8Array(16);
    const slot = table.insert(bytes, 0);
    for (const slots of kept) slots.add(slot);
    for (const slots of kept) {
      table.release(slot);
      expect(table.find(bytes, 0)).toBe(slot);
      slots.delete(slot);
    }
    table.release(slot);
    expect(table.find(bytes, 0)).toBe(NO_SLOT);
  });

  it("refuses slots that are not in use and bytes that are too short", () => {
    const table = new GuidTable(seed);
    const bytes = new Uint8Array(16);
    const slot = table.insert(bytes, 0);
    table.release(slot);
    for (const wrong of [slot, -1, 5000]) {
      expect(() => table.release(wrong)).toThrow("assertion failed");
      expect(() => table.writeKey(wrong, bytes, 0)).toThrow("assertion failed");
    }
    expect(() => table.insert(bytes, 1)).toThrow("assertion failed");
    expect(() => table.find(bytes, -1)).toThrow("assertion failed");
  });

  it("holds a million GUIDs in few bytes each", () => {
    const million = 1_000_000;
    const table = new GuidTable(seed);
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let number = 0; number < million; number++) {
      view.setUint32(12, number);
      table.insert(bytes, 0);
    }
    expect(table.count).toBe(million);
    expect(table.heldBytes / million).toBeLessThan(36);
    for (let number = 0; number < million; number += 2) table.release(number);
    let wrong = 0;
    for (let number = 0; number < million; number++) {
      view.setUint32(12, number);
      if (table.find(bytes, 0) !== (number % 2 === 0 ? NO_SLOT : number)) wrong++;
    }
    expect(wrong).toBe(0);
    expect(table.count).toBe(million / 2);
  });
});
