import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DELTA_BUFFER_BYTES_MAX } from "../../src/base/limits.js";
import type { EntityChange } from "../../src/store/store.js";
import {
  append,
  appendNumbers,
  collect,
  expectCode,
  logNumbers,
  type OpenStore,
  readLog,
  setUp,
  techId,
} from "./contract-setup.js";

const LONG_AGO_MS = Date.UTC(2001, 0, 1);
const FAR_AHEAD_MS = Date.UTC(2999, 0, 1);

function change(number: number, sequence: number, isDeleted = false): EntityChange {
  return { techId: techId(number), className: `Class${number % 2}`, sequence, isDeleted };
}

function patternOf(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8)) % 256;
  return bytes;
}

function bySequence(changes: EntityChange[]): EntityChange[] {
  return changes.sort((a, b) => a.sequence - b.sequence);
}

export function logContract(open: OpenStore): void {
  describe("log", () => {
    const setup = setUp(open);

    it("R1: gives rows in the order of their sequence-numbers, after a sequence", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2, 3);
      const rows = await readLog(store);
      expect(rows.map((row) => row.deltaBuffer)).toEqual([1, 2, 3].map((number) => Uint8Array.of(number)));
      const sequences = rows.map((row) => row.sequence);
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
      expect(new Set(sequences).size).toBe(3);
      expect(await readLog(store, sequences[0])).toEqual(rows.slice(1));
      expect(await readLog(store, sequences[2])).toEqual([]);
    });

    it("numbers the rows of one transaction in the order of their append", async () => {
      const { store } = setup;
      await append(store, Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3));
      expect(await logNumbers(store)).toEqual([1, 2, 3]);
    });

    it("keeps delta-buffers byte-exact, from none to 16 MB", async () => {
      const { store } = setup;
      const sizes = [0, 1, 255, 4_096, 65_537, 1 << 20, 16 << 20];
      const buffers = sizes.map(patternOf);
      for (const buffer of buffers) await append(store, buffer);
      const rows = await readLog(store);
      expect(rows.map((row) => row.deltaBuffer.length)).toEqual(sizes);
      for (const [index, row] of rows.entries()) expect(Buffer.compare(row.deltaBuffer, buffers[index]!)).toBe(0);
      expect(rows[0]!.deltaBuffer.constructor).toBe(Uint8Array);
    });

    it("takes a part of a larger buffer, and any bytes", async () => {
      const { store } = setup;
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(10), async (bytes, offset) => {
          const part = bytes.subarray(Math.min(offset, bytes.length));
          const { lastSequence } = await store.log.bounds();
          await append(store, part);
          expect((await readLog(store, lastSequence)).map((row) => row.deltaBuffer)).toEqual([Uint8Array.from(part)]);
        }),
        { numRuns: 30 },
      );
    });

    it("refuses a delta-buffer above the limit", async () => {
      const { store } = setup;
      await expectCode(append(store, new Uint8Array(DELTA_BUFFER_BYTES_MAX + 1)), "Limit", /DELTA_BUFFER_BYTES_MAX/);
      expect(await logNumbers(store)).toEqual([]);
    });

    it("reads at most so many rows", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2, 3, 4);
      expect(await store.log.read(0, { rowsMax: 2, bytesMax: 1_000 })).toHaveLength(2);
    });

    it("reads about so many bytes, and one row however large", async () => {
      const { store } = setup;
      for (let count = 0; count < 5; count++) await append(store, new Uint8Array(100));
      expect(await store.log.read(0, { rowsMax: 100, bytesMax: 1 })).toHaveLength(1);
      const rows = await store.log.read(0, { rowsMax: 100, bytesMax: 250 });
      expect(rows.length).toBeGreaterThanOrEqual(2);
      expect(rows.length).toBeLessThanOrEqual(3);
    });

    it("says what a new log holds: nothing", async () => {
      const { store } = setup;
      const { firstSequence, lastSequence } = await store.log.bounds();
      expect({ firstSequence, lastSequence }).toEqual({ firstSequence: 1, lastSequence: 0 });
      expect(await store.log.size()).toEqual({ rows: 0, bytes: 0, oldestMs: undefined });
      expect(await store.log.sequenceBefore(FAR_AHEAD_MS)).toBe(0);
      expect(await collect(store.log.changes())).toEqual([]);
    });

    it("says what it holds, also in a snapshot", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2, 3);
      const rows = await readLog(store);
      const bounds = await store.log.bounds();
      expect(bounds).toMatchObject({ firstSequence: rows[0]!.sequence, lastSequence: rows[2]!.sequence });
      expect(await store.snapshot((snapshot) => snapshot.logBounds())).toEqual(bounds);
    });

    it("measures the rows that it holds", async () => {
      const { store } = setup;
      await append(store, new Uint8Array(10));
      await append(store, new Uint8Array(0));
      await append(store, new Uint8Array(30));
      const size = await store.log.size();
      expect(size).toMatchObject({ rows: 3, bytes: 40 });
      expect(size.oldestMs).toBeGreaterThanOrEqual(0);
      expect(size.oldestMs).toBeLessThan(60_000);
      const [first] = await readLog(store);
      await store.log.trim(first!.sequence, []);
      expect(await store.log.size()).toMatchObject({ rows: 2, bytes: 30 });
    });

    it("finds the newest row before a time", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2);
      const { lastSequence } = await store.log.bounds();
      expect(await store.log.sequenceBefore(LONG_AGO_MS)).toBe(0);
      expect(await store.log.sequenceBefore(FAR_AHEAD_MS)).toBe(lastSequence);
    });

    it("tells listeners on this object of commits until they end it", async () => {
      const { store } = setup;
      let calls = 0;
      const end = store.log.onNotify(() => calls++);
      store.log.notify();
      await expect.poll(() => calls).toBe(1);
      end();
      store.log.notify();
      await appendNumbers(store, 1);
      expect(calls).toBe(1);
    });

    it("lets the other listeners hear where one throws", async () => {
      const { store } = setup;
      let calls = 0;
      store.log.onNotify(() => {
        throw new TypeError("a listener's own mistake");
      });
      store.log.onNotify(() => calls++);
      store.log.notify();
      await expect.poll(() => calls).toBe(1);
    });
  });

  describe("epoch", () => {
    const setup = setUp(open);

    it("has a name that stays until a new one begins", async () => {
      const { store } = setup;
      const { epoch } = await store.log.bounds();
      expect(epoch).not.toBe("");
      await appendNumbers(store, 1);
      expect((await store.log.bounds()).epoch).toBe(epoch);
      const next = await store.log.newEpoch();
      expect(next).not.toBe(epoch);
      const bounds = await store.log.bounds();
      expect(bounds.epoch).toBe(next);
      expect(bounds.lastSequence).toBeGreaterThan(0);
    });

    it("differs between databases", async () => {
      const other = await open();
      try {
        expect((await other.store.log.bounds()).epoch).not.toBe((await setup.store.log.bounds()).epoch);
      } finally {
        await other.cleanup();
      }
    });
  });

  describe("trimming", () => {
    const setup = setUp(open);

    it("removes the rows up to a sequence", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2, 3);
      const rows = await readLog(store);
      await store.log.trim(rows[1]!.sequence, []);
      expect(await readLog(store)).toEqual([rows[2]]);
      expect(await store.log.bounds()).toMatchObject({
        firstSequence: rows[2]!.sequence,
        lastSequence: rows[2]!.sequence,
      });
    });

    it("may remove the newest row; sequences go on from it", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2);
      const { lastSequence } = await store.log.bounds();
      await store.log.trim(lastSequence, []);
      expect(await readLog(store)).toEqual([]);
      expect(await store.log.bounds()).toMatchObject({ firstSequence: lastSequence + 1, lastSequence });
      expect(await store.log.size()).toEqual({ rows: 0, bytes: 0, oldestMs: undefined });
      await appendNumbers(store, 3);
      const [row] = await readLog(store);
      expect(row!.sequence).toBeGreaterThan(lastSequence);
      expect(await store.log.size()).toMatchObject({ rows: 1, bytes: 1 });
    });

    it("goes no further than the log", async () => {
      const { store } = setup;
      await store.log.trim(1_000_000, []);
      expect(await store.log.bounds()).toMatchObject({ firstSequence: 1, lastSequence: 0 });
      await appendNumbers(store, 1);
      const { lastSequence } = await store.log.bounds();
      await store.log.trim(1_000_000, []);
      expect(await store.log.bounds()).toMatchObject({ firstSequence: lastSequence + 1, lastSequence });
    });

    it("removes more rows than one statement takes at once", async () => {
      const { store } = setup;
      const count = 2_345;
      await append(store, ...Array.from({ length: count }, (_, index) => Uint8Array.of(index % 256)));
      const rows = await readLog(store);
      await store.log.trim(rows[count - 3]!.sequence, []);
      expect(await readLog(store)).toEqual(rows.slice(-2));
    });

    it("R7: keeps of each entity what was said of it last", async () => {
      const { store } = setup;
      await store.log.trim(0, [change(1, 5), change(2, 6, true), change(3, 7)]);
      await store.log.trim(0, [change(1, 8, true), change(2, 4), change(3, 7, true)]);
      expect(bySequence(await collect(store.log.changes()))).toEqual([
        change(2, 6, true),
        change(3, 7),
        change(1, 8, true),
      ]);
    });

    it("R7: gives the entities deleted after a sequence", async () => {
      const { store } = setup;
      await store.log.trim(0, [change(1, 5, true), change(2, 6), change(3, 7, true), change(4, 8, true)]);
      expect(bySequence(await collect(store.log.changes({ deletedAfter: 5 })))).toEqual([
        change(3, 7, true),
        change(4, 8, true),
      ]);
      expect(await collect(store.log.changes({ deletedAfter: 8 }))).toEqual([]);
    });

    it("gives many changes in batches, each once", async () => {
      const { store } = setup;
      const count = 2_500;
      // Many entities of one transaction share its sequence-number; later ones may have smaller tech-ids.
      const changes = Array.from({ length: count }, (_, index) =>
        change(index, Math.floor((count - index) / 900), true),
      );
      await store.log.trim(0, changes);
      for (const filter of [undefined, { deletedAfter: -1 }]) {
        const batches: EntityChange[][] = [];
        for await (const batch of store.log.changes(filter)) batches.push(batch);
        expect(batches.length).toBeGreaterThan(1);
        expect(batches.flat().sort((a, b) => Buffer.compare(a.techId, b.techId))).toEqual(changes);
      }
    });

    it("R7: removes nothing where the changes cannot be kept", async () => {
      const { store } = setup;
      await appendNumbers(store, 1);
      const bad: EntityChange = { ...change(2, 1), techId: new Uint8Array(15) };
      await expectCode(store.log.trim(1_000_000, [change(1, 1), bad]), "Store");
      expect(await logNumbers(store)).toEqual([1]);
      expect(await collect(store.log.changes())).toEqual([]);
    });
  });
}
