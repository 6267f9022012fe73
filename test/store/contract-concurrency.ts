import { describe, expect, it } from "vitest";
import type { Snapshot, Store } from "../../src/store/store.js";
import { append, everything, gate, type OpenStore, setUp } from "./contract-setup.js";

const ITEMS = 5;
const WRITERS = 4;
const TRANSACTIONS = 12;

/** Creates a table of items, each with a count. */
async function createItems(store: Store): Promise<void> {
  await store.transaction(async (transaction) => {
    await transaction.run("CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, total INTEGER NOT NULL)");
    for (let id = 0; id < ITEMS; id++) await transaction.run("INSERT INTO items (id, total) VALUES (?, 0)", [id]);
  });
}

/** Counts an item up and appends what it is then, in a transaction that stays open for some turns. */
async function countUp(store: Store, id: number, turns: number): Promise<void> {
  await store.transaction(async (transaction) => {
    await transaction.run("UPDATE items SET total = total + 1 WHERE id = ?", [id]);
    const [row] = await transaction.all("SELECT total FROM items WHERE id = ?", [id]);
    await store.log.append(transaction, Uint8Array.of(id, Number(row!.total)));
    await pass(turns);
  });
}

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Several writers at once, whose transactions overlap in many ways: some are over at once, some take long. */
async function writeConcurrently(stores: readonly Store[]): Promise<void> {
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let count = 0; count < TRANSACTIONS; count++) {
      const step = writer * 7 + count * 3;
      await countUp(stores[writer % stores.length]!, step % ITEMS, (step * step) % 40);
    }
  });
  await Promise.all(writers);
}

/** What a log says of each item, from what is known of it on: every item counts up one by one, or something was skipped. */
function follow(known: number[], buffers: readonly Uint8Array[]): number[] {
  const totals = [...known];
  for (const [id, total] of buffers) {
    expect(total).toBe(totals[id!]! + 1);
    totals[id!] = total!;
  }
  return totals;
}

const nothing = new Array<number>(ITEMS).fill(0);

/** Follows the log as a server does, until it is told to stop and there is no more. */
async function readWhile(store: Store, isWriting: () => boolean): Promise<{ sequence: number; buffer: Uint8Array }[]> {
  const read: { sequence: number; buffer: Uint8Array }[] = [];
  for (;;) {
    const isLast = !isWriting();
    const rows = await store.log.read(read.at(-1)?.sequence ?? 0, { rowsMax: 3, bytesMax: 1_000 });
    read.push(...rows.map(({ sequence, deltaBuffer }) => ({ sequence, buffer: deltaBuffer })));
    if (rows.length === 0 && isLast) return read;
    await pass(1);
  }
}

async function totalsIn(store: Store): Promise<number[]> {
  const rows = await store.snapshot((snapshot) => snapshot.all("SELECT total FROM items ORDER BY id"));
  return rows.map(({ total }) => Number(total));
}

async function totalsAtBounds(snapshot: Snapshot): Promise<{ lastSequence: number; totals: number[] }> {
  const { lastSequence } = await snapshot.logBounds();
  const rows = await snapshot.all("SELECT total FROM items ORDER BY id");
  expect((await snapshot.logBounds()).lastSequence).toBe(lastSequence);
  return { lastSequence, totals: rows.map(({ total }) => Number(total)) };
}

export function concurrencyContract(open: OpenStore): void {
  describe("concurrent writers", () => {
    const setup = setUp(open);

    it("R83: skip nothing for who reads meanwhile, and keep the order in which each row was changed", async () => {
      const { store, opened } = setup;
      await createItems(store);
      const stores = [store, (await opened.reopen?.()) ?? store];
      let isWriting = true;
      const readings = [...new Set(stores)].map((one) => readWhile(one, () => isWriting));
      await writeConcurrently(stores);
      isWriting = false;
      const read = await Promise.all(readings);
      const sequences = read[0]!.map(({ sequence }) => sequence);
      expect(sequences).toEqual(Array.from({ length: WRITERS * TRANSACTIONS }, (_, index) => index + 1));
      const totals = follow(
        nothing,
        read[0]!.map(({ buffer }) => buffer),
      );
      expect(totals).toEqual(await totalsIn(store));
      for (const other of read.slice(1)) expect(other).toEqual(read[0]);
    });

    it("R82: leave to each snapshot exactly what the log says up to its bounds", async () => {
      const { store } = setup;
      await createItems(store);
      const writing = { isOver: false };
      const snapshots: { lastSequence: number; totals: number[] }[] = [];
      const reading = (async () => {
        while (!writing.isOver) {
          snapshots.push(await store.snapshot(totalsAtBounds));
          // An SQLite that always has something to read lets nobody else run.
          await pass(1);
        }
      })();
      await writeConcurrently([store]);
      writing.isOver = true;
      await reading;
      const rows = await store.log.read(0, everything);
      const final = await totalsIn(store);
      for (const { lastSequence, totals } of snapshots) {
        const [before, after] = [
          rows.filter((row) => row.sequence <= lastSequence),
          rows.filter((row) => row.sequence > lastSequence),
        ];
        expect(
          follow(
            nothing,
            before.map((row) => row.deltaBuffer),
          ),
        ).toEqual(totals);
        expect(
          follow(
            totals,
            after.map((row) => row.deltaBuffer),
          ),
        ).toEqual(final);
      }
    });

    it("are not kept waiting by a transaction that takes long, nor is who reads", async () => {
      const { store } = setup;
      const [written, mayEnd] = [gate(), gate()];
      const long = store.transaction(async (transaction) => {
        await store.log.append(transaction, Uint8Array.of(1));
        written.open();
        await mayEnd.passed;
      });
      await written.passed;
      const short = append(store, Uint8Array.of(2));
      // One writer at a time makes the short one wait; nothing may make the reader wait.
      if (store.dialect !== "sqlite") {
        await short;
        expect((await store.log.read(0, everything)).map((row) => row.deltaBuffer[0])).toEqual([2]);
      } else if (setup.opened.reopen) expect(await store.log.read(0, everything)).toEqual([]);
      mayEnd.open();
      await Promise.all([long, short]);
      const numbers = (await store.log.read(0, everything)).map((row) => row.deltaBuffer[0]);
      expect(numbers).toEqual(store.dialect === "sqlite" ? [1, 2] : [2, 1]);
    });
  });
}
