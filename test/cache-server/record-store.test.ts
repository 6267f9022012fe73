import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import { RECORD_BYTES_MAX } from "../../src/base/limits.js";
import { RecordStore } from "../../src/cache-server/record-store.js";
import type { RecordView } from "../../src/cache-server/record-view.js";

/** Gives bytes that differ for every `number`. */
function bytesOf(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = Math.imul(number + 1, 0x9e3779b1) >>> ((index & 3) * 8);
  return bytes;
}

/** A store beside a Map that says the same, and views taken on the way beside copies of what they showed. */
class Pair {
  readonly store: RecordStore;
  readonly model = new Map<number, Uint8Array>();
  readonly #views: { bytes: Uint8Array; copy: Uint8Array }[] = [];
  readonly #captures: { view: RecordView; copies: ReadonlyMap<number, Uint8Array> }[] = [];

  constructor(chunkBytes: number) {
    this.store = new RecordStore({ chunkBytes });
  }

  set(slot: number, record: Uint8Array, pieces = 1): void {
    if (pieces === 1) this.store.set(slot, record, tagOf(record));
    else {
      const size = Math.ceil(record.length / pieces);
      this.store.set(
        slot,
        Array.from({ length: pieces }, (_, index) => record.subarray(index * size, (index + 1) * size)),
        tagOf(record),
      );
    }
    this.model.set(slot, record);
  }

  remove(slot: number): void {
    this.store.remove(slot);
    this.model.delete(slot);
  }

  hold(slot: number): void {
    const copy = this.model.get(slot);
    if (copy) this.#views.push({ bytes: this.store.get(slot), copy });
  }

  capture(): void {
    this.#captures.push({ view: this.store.capture(), copies: new Map(this.model) });
  }

  check(): void {
    let liveBytes = 0;
    for (const [slot, record] of this.model) {
      liveBytes += record.length;
      expect(same(this.store.get(slot), record)).toBe(true);
      expect(this.store.tag(slot)).toBe(tagOf(record));
    }
    expect(this.store.liveBytes).toBe(liveBytes);
    expect(this.store.count).toBe(this.model.size);
    for (const { bytes, copy } of this.#views) expect(same(bytes, copy)).toBe(true);
    for (const { view, copies } of this.#captures) {
      for (const [slot, copy] of copies) {
        expect(same(view.record(slot), copy)).toBe(true);
        expect(view.tag).toBe(tagOf(copy));
      }
    }
  }
}

/** What a record is tagged with, so that tags differ. */
function tagOf(record: Uint8Array): number {
  return record.length;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe("RecordStore", () => {
  it("does what a Map does, and what was taken from it stays as it was", () => {
    const step = fc.record({
      slot: fc.nat({ max: 60 }),
      // Up to 64 bytes share a chunk of 1024 with others; more get one of their own.
      length: fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 64 }), fc.nat({ max: 64 }), fc.nat({ max: 1500 })),
      pieces: fc.integer({ min: 1, max: 3 }),
      action: fc.constantFrom("set", "set", "set", "set", "set", "remove", "hold", "capture"),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 3000, size: "max" }), (steps) => {
        const pair = new Pair(1024);
        for (const [number, { slot, length, pieces, action }] of steps.entries()) {
          if (action === "set") pair.set(slot, bytesOf(number, length), pieces);
          else if (action === "remove") pair.remove(slot);
          else if (action === "hold") pair.hold(slot);
          else if (number % 10 === 0) pair.capture();
        }
        pair.check();
        for (const slot of [...pair.model.keys()]) pair.remove(slot);
        pair.check();
        expect(pair.store.heldBytes).toBeLessThanOrEqual(1024);
      }),
      { numRuns: 20 },
    );
  });

  const overwriting: [string, (step: number) => number][] = [
    ["in order", (step) => step],
    ["at random", (step) => Math.imul(step + 1, 0x9e3779b1) >>> 5],
    // Leaves the most outdated bytes in chunks that are only just not worth emptying.
    ["some more often than others", (step) => (step % 3 === 0 ? Math.imul(step + 1, 0x9e3779b1) >>> 5 : step % 97)],
    ["every third one", (step) => step * 3],
  ];
  it.each(overwriting)(
    "holds under 1.5 times the live bytes and a few chunks while records are overwritten %s",
    (_, slotOf) => {
      const chunkBytes = 16 * 1024;
      const records = 6000;
      const store = new RecordStore({ chunkBytes });
      for (let slot = 0; slot < records; slot++) store.set(slot, bytesOf(slot, 100));
      let worst = 0;
      for (let step = 0; step < 60_000; step++) {
        store.set(slotOf(step) % records, bytesOf(step, 60 + (step % 80)));
        worst = Math.max(worst, store.heldBytes - 1.5 * (store.liveBytes + 4 * store.count));
      }
      expect(worst).toBeLessThanOrEqual(4 * chunkBytes);
    },
  );

  it("holds two chunks at most where one record is overwritten again and again", () => {
    const store = new RecordStore({ chunkBytes: 1024 });
    for (let step = 0; step < 1000; step++) {
      store.set(0, bytesOf(step, 50));
      expect(store.heldBytes).toBeLessThanOrEqual(2048);
    }
  });

  it("gives memory back while records are removed, without a further set", () => {
    const chunkBytes = 16 * 1024;
    const store = new RecordStore({ chunkBytes });
    for (let slot = 0; slot < 10_000; slot++) store.set(slot, bytesOf(slot, 50));
    for (let slot = 0; slot < 10_000; slot++) if (slot % 10 !== 0) store.remove(slot);
    expect(store.heldBytes).toBeLessThanOrEqual(1.5 * (store.liveBytes + 4 * store.count) + 4 * chunkBytes);
    for (let slot = 0; slot < 10_000; slot += 10) expect(same(store.get(slot), bytesOf(slot, 50))).toBe(true);
  });

  it("gives a view into its chunk, not a copy, and keeps it unchanged while the chunk is emptied and dropped", () => {
    const store = new RecordStore({ chunkBytes: 1024 });
    store.set(1, bytesOf(1, 40));
    const view = store.get(1);
    expect(store.get(1).buffer).toBe(view.buffer);
    for (let step = 0; step < 2000; step++) store.set(2 + (step % 5), bytesOf(step, 60));
    expect(store.get(1).buffer).not.toBe(view.buffer);
    expect(same(view, bytesOf(1, 40))).toBe(true);
    expect(same(store.get(1), view)).toBe(true);
  });

  it("keeps empty records, and tells them from none", () => {
    const store = new RecordStore();
    store.set(3, []);
    store.set(4, new Uint8Array(0));
    expect([2, 3, 4, 5, 100_000].map((slot) => store.has(slot))).toEqual([false, true, true, false, false]);
    expect(store.get(3).length + store.get(4).length).toBe(0);
    expect(() => store.get(5)).toThrow("assertion failed");
  });

  it("gives a large record a chunk of its own size, and drops that with the record", () => {
    const store = new RecordStore();
    store.set(0, bytesOf(0, 10));
    const before = store.heldBytes;
    store.set(1, bytesOf(1, 9_000_001));
    expect(store.heldBytes - before).toBeGreaterThanOrEqual(9_000_005);
    expect(store.heldBytes - before).toBeLessThan(9_000_016);
    expect(same(store.get(1), bytesOf(1, 9_000_001))).toBe(true);
    store.remove(1);
    expect(store.heldBytes).toBe(before);
  });

  it("refuses a record above the limit and stays as it was", () => {
    const store = new RecordStore();
    store.set(0, bytesOf(0, 10));
    const half = new Uint8Array(RECORD_BYTES_MAX / 2 + 1);
    let error: unknown;
    try {
      store.set(0, [half, half]);
    } catch (thrown) {
      error = thrown;
    }
    expect(codeOf(error)).toBe("Limit");
    expect(same(store.get(0), bytesOf(0, 10))).toBe(true);
    expect(store.liveBytes).toBe(10);
  });

  it("holds a million small records in few bytes beyond their own", () => {
    const store = new RecordStore();
    const record = bytesOf(1, 40);
    for (let slot = 0; slot < 1_000_000; slot++) store.set(slot, record);
    expect((store.heldBytes - store.liveBytes) / store.count).toBeLessThan(9);
    expect(store.tableBytes / store.count).toBeLessThan(17);
    const view = store.capture();
    for (let slot = 0; slot < 1_000_000; slot++) store.remove(slot);
    expect(store.count + store.liveBytes).toBe(0);
    expect(store.heldBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(same(view.record(999_999), record)).toBe(true);
  });
});
