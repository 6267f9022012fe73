import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToGuid, guidToBytes } from "../../src/base/guid.js";
import { GuidTable } from "../../src/base/guid-table.js";
import { halves } from "../../src/registration/client-bit.js";
import { NO_SLOT, RegistrationTable, type Standing } from "../../src/registration/registration-table.js";

const seed = { k0: 0x1234567, k1: -0x7654321 };
const CLIENTS = 64;
/** Both ends of both halves, the bits of the sign among them. */
const edgeBits = [0, 1, 30, 31, 32, 33, 62, 63];

const allBits = Array.from({ length: CLIENTS }, (_, bit) => bit);
const inOrder = (bits: ReadonlySet<number>): number[] => [...bits].sort((a, b) => a - b);

interface Clients {
  readonly registered: Set<number>;
  readonly synchronized: Set<number>;
}

/** A table beside a Map of Sets that says the same, and somebody who shares its tech-ids. */
class Pair {
  readonly techIds = new GuidTable(seed);
  readonly table = new RegistrationTable(this.techIds);
  /** By slot, what the other keeps there. */
  readonly kept = new Map<number, string>();
  readonly model = new Map<string, Clients>();
  readonly #bytes = new Uint8Array(20);

  constructor() {
    this.techIds.share((slot) => this.kept.has(slot));
  }

  put(entity: number, bit: number, standing: Standing): void {
    const clients = this.model.get(guidOf(entity)) ?? { registered: new Set(), synchronized: new Set() };
    this.model.set(guidOf(entity), clients);
    clients.registered.add(bit);
    if (standing === "synchronized") clients.synchronized.add(bit);
    else clients.synchronized.delete(bit);
    this.table.put(this.#bytesOf(entity), 3, bit, standing);
  }

  drop(entity: number, bit: number): void {
    this.#dropFromModel(guidOf(entity), bit);
    this.table.drop(this.#bytesOf(entity), 3, bit);
  }

  /** Sets both halves, as the decision on a delta does. */
  set(entity: number, registered: readonly number[], synchronized: readonly number[]): void {
    const slot = this.table.insert(this.#bytesOf(entity), 3);
    for (const half of halves) this.table.set(slot, half, halfMask(registered, half), halfMask(synchronized, half));
    this.table.release(slot);
    this.model.set(guidOf(entity), { registered: new Set(registered), synchronized: new Set(synchronized) });
    if (registered.length === 0) this.model.delete(guidOf(entity));
  }

  clear(bit: number): void {
    for (const guid of [...this.model.keys()]) this.#dropFromModel(guid, bit);
    this.table.clear(bit);
  }

  /** Has the other keep something of an entity, or let go of it. */
  keep(entity: number, isKept: boolean): void {
    const slot = this.techIds.insert(this.#bytesOf(entity), 3);
    if (isKept) this.kept.set(slot, guidOf(entity));
    else this.kept.delete(slot);
    this.techIds.release(slot);
  }

  /** Changes every other entity of a client and drops the rest, while going over them. */
  change(bit: number): void {
    let index = 0;
    this.table.forEachRegistered(bit, (slot) => {
      const guid = this.#guidAt(slot);
      if (index++ % 2 === 0) {
        this.table.putAt(slot, bit, "registered");
        this.model.get(guid)!.synchronized.delete(bit);
      } else {
        this.table.dropAt(slot, bit);
        this.#dropFromModel(guid, bit);
      }
    });
  }

  check(bits: readonly number[]): void {
    for (const [slot, guid] of this.kept) expect(this.#guidAt(slot)).toBe(guid);
    expect(this.table.count).toBe(this.model.size);
    const entities = [...this.model];
    for (const [guid, { registered, synchronized }] of entities) {
      guidToBytes(guid, this.#bytes, 1);
      const slot = this.table.find(this.#bytes, 1);
      expect(allBits.filter((bit) => this.table.isRegistered(slot, bit))).toEqual(inOrder(registered));
      expect(allBits.filter((bit) => this.table.isSynchronized(slot, bit))).toEqual(inOrder(synchronized));
    }
    for (const bit of bits) {
      const guids = entities.filter(([, { registered }]) => registered.has(bit)).map(([guid]) => guid);
      const synchronized = entities.filter(([, clients]) => clients.synchronized.has(bit)).length;
      expect(this.table.counts(bit)).toEqual({ registered: guids.length, synchronized });
      expect(this.registered(bit).sort()).toEqual(guids.sort());
    }
  }

  /** Enters and drops one that is new until what ended clients have left is swept out. */
  sweep(): void {
    for (let round = 0; round < 100; round++) {
      this.put(1_000, 0, "registered");
      this.drop(1_000, 0);
    }
  }

  registered(bit: number): string[] {
    const slots: number[] = [];
    this.table.forEachRegistered(bit, (slot) => slots.push(slot));
    expect(slots).toEqual(slots.toSorted((a, b) => a - b));
    return slots.map((slot) => this.#guidAt(slot));
  }

  #dropFromModel(guid: string, bit: number): void {
    const clients = this.model.get(guid);
    clients?.registered.delete(bit);
    clients?.synchronized.delete(bit);
    if (clients?.registered.size === 0) this.model.delete(guid);
  }

  #bytesOf(entity: number): Uint8Array {
    guidToBytes(guidOf(entity), this.#bytes, 3);
    return this.#bytes;
  }

  #guidAt(slot: number): string {
    this.techIds.writeKey(slot, this.#bytes, 2);
    return bytesToGuid(this.#bytes, 2);
  }
}

/** Makes different GUIDs out of numbers; they differ in one place only. */
function guidOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

function halfMask(bits: readonly number[], half: number): number {
  return bits.filter((bit) => bit >> 5 === half).reduce((mask, bit) => mask | (1 << (bit & 31)), 0);
}

const anyBit = fc.oneof(fc.constantFrom(...edgeBits), fc.nat({ max: CLIENTS - 1 }));
const anyStep = fc.record({
  action: fc.constantFrom("put", "put", "put", "drop", "set", "set", "clear", "change", "keep", "letGo"),
  entity: fc.nat({ max: 60 }),
  bit: anyBit,
  standing: fc.constantFrom("registered", "synchronized"),
  registered: fc.uniqueArray(anyBit),
  synchronizedCount: fc.nat({ max: 10 }),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

function take(pair: Pair, { action, entity, bit, standing, registered, synchronizedCount }: Step): void {
  switch (action) {
    case "put":
      pair.put(entity, bit, standing);
      break;
    case "drop":
      pair.drop(entity, bit);
      break;
    case "set":
      pair.set(entity, registered, registered.slice(0, synchronizedCount));
      break;
    case "clear":
      pair.clear(bit);
      break;
    case "change":
      pair.change(bit);
      break;
    case "keep":
    case "letGo":
      pair.keep(entity, action === "keep");
      break;
  }
}

describe("RegistrationTable", () => {
  it("does what a Map of Sets does over random operations of 64 clients", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 100, maxLength: 500, size: "max" }), (steps) => {
        const pair = new Pair();
        for (const step of steps) take(pair, step);
        pair.check(Array.from({ length: CLIENTS }, (_, bit) => bit));
        for (const bit of allBits) pair.clear(bit);
        pair.check(edgeBits);
        pair.sweep();
        expect(pair.techIds.count).toBe(pair.kept.size);
      }),
      { numRuns: 30 },
    );
  });

  it.each(edgeBits)("keeps client %i apart from all others", (bit) => {
    const pair = new Pair();
    for (let other = 0; other < CLIENTS; other++) pair.put(other, other, "synchronized");
    pair.put(bit, bit, "registered");
    pair.put(100, bit, "synchronized");
    pair.check(edgeBits);
    pair.clear(bit);
    pair.check(edgeBits);
    expect(pair.table.count).toBe(CLIENTS - 1);
  });

  it("holds no entity that no client is registered on", () => {
    const pair = new Pair();
    pair.put(1, 63, "registered");
    pair.put(1, 31, "synchronized");
    pair.drop(1, 63);
    expect(pair.table.count).toBe(1);
    pair.drop(1, 31);
    expect(pair.table.count).toBe(0);
    pair.set(2, [], []);
    pair.drop(3, 5);
    pair.check(edgeBits);
    expect(pair.table.count).toBe(0);
  });

  it("takes NO_SLOT as an entity without clients", () => {
    const { table } = new Pair();
    const bytes = new Uint8Array(16);
    expect(table.find(bytes, 0)).toBe(NO_SLOT);
    for (const half of halves) {
      expect(table.registered(NO_SLOT, half)).toBe(0);
      expect(table.synchronized(NO_SLOT, half)).toBe(0);
    }
    expect(table.isRegistered(NO_SLOT, 0) || table.isSynchronized(NO_SLOT, 0)).toBe(false);
  });

  it("refuses what it cannot keep", () => {
    const { table } = new Pair();
    const bytes = new Uint8Array(16);
    const slot = table.insert(bytes, 0);
    expect(() => table.set(slot, 0, 1, 3)).toThrow("synchronized clients are registered");
    for (const bit of [-1, 64]) expect(() => table.put(bytes, 0, bit, "registered")).toThrow("one of 64");
    table.release(slot);
    expect(() => table.set(slot, 0, 1, 1)).toThrow("the slot is in use");
    expect(() => table.dropAt(slot, 0)).toThrow("the slot is in use");
  });
});
