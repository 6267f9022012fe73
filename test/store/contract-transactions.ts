import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { STORE_SNAPSHOTS_MAX, STORE_TRANSACTIONS_MAX } from "../../src/base/limits.js";
import type { Snapshot, SqlValue, Transaction } from "../../src/store/store.js";
import {
  addNotes,
  append,
  appendNumbers,
  collect,
  createNotes,
  expectCode,
  gate,
  logNumbers,
  noteIds,
  type OpenStore,
  setUp,
} from "./contract-setup.js";

const textTypes = { sqlite: "VARCHAR", postgresql: "VARCHAR", sqlserver: "NVARCHAR" } as const;
const blobTypes = { sqlite: "BLOB", postgresql: "BYTEA", sqlserver: "VARBINARY(MAX)" } as const;

export function transactionsContract(open: OpenStore): void {
  describe("transactions", () => {
    const setup = setUp(open);

    it("commits the application's rows and the log's row together", async () => {
      const { store } = setup;
      await createNotes(store);
      const result = await store.transaction(async (transaction) => {
        await addNotes(transaction, 1, 2);
        await store.log.append(transaction, Uint8Array.of(7));
        return "done";
      });
      expect(result).toBe("done");
      expect(await noteIds(store)).toEqual([1, 2]);
      expect(await logNumbers(store)).toEqual([7]);
    });

    it("leaves nothing of a transaction whose work rejects, and passes the rejection on", async () => {
      const { store } = setup;
      await createNotes(store);
      const failure = new LiveDistError("Entity", "changed my mind");
      const failing = store.transaction(async (transaction) => {
        await addNotes(transaction, 1);
        await store.log.append(transaction, Uint8Array.of(1));
        throw failure;
      });
      await expect(failing).rejects.toBe(failure);
      expect(await noteIds(store)).toEqual([]);
      expect(await logNumbers(store)).toEqual([]);
      await appendNumbers(store, 2);
      expect(await logNumbers(store)).toEqual([2]);
    });

    it("leaves nothing of a transaction in which a statement failed", async () => {
      const { store } = setup;
      await createNotes(store);
      const failing = store.transaction(async (transaction) => {
        await addNotes(transaction, 1);
        await addNotes(transaction, 1);
      });
      await expectCode(failing, "Store");
      expect(await noteIds(store)).toEqual([]);
    });

    it("loses none of many concurrent transactions and mixes none", async () => {
      const { store } = setup;
      await createNotes(store);
      const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
      const outcomes = await Promise.allSettled(
        numbers.map((number) =>
          store.transaction(async (transaction) => {
            await addNotes(transaction, number);
            for (let turn = number % 4; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
            await store.log.append(transaction, Uint8Array.of(number));
            if (number % 3 === 0) throw new LiveDistError("Entity", "every third");
          }),
        ),
      );
      const kept = numbers.filter((number) => number % 3 !== 0);
      expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(numbers.length - kept.length);
      expect(await noteIds(store)).toEqual(kept);
      expect((await logNumbers(store)).sort((a, b) => a - b)).toEqual(kept);
    });

    it("refuses a transaction inside a transaction instead of waiting for ever", async () => {
      const { store } = setup;
      await store.transaction(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await expectCode(
          store.transaction(() => Promise.resolve()),
          "Store",
          /use the transaction given/,
        );
        await expectCode(store.clients.add({ clientId: "c", bitNumber: 1 }), "Store", /use the transaction given/);
      });
      await appendNumbers(store, 1);
    });

    it("refuses a transaction that has ended", async () => {
      const { store } = setup;
      let escaped: Transaction | undefined;
      await store.transaction((transaction) => {
        escaped = transaction;
        return Promise.resolve();
      });
      await expectCode(escaped!.all("SELECT 1 AS one"), "Store", /ended/);
      await expectCode(store.log.append(escaped, Uint8Array.of(1)), "Store", /ended/);
      await expectCode(collect(escaped!.stream("SELECT 1 AS one")), "Store", /ended/);
    });

    it("refuses what is no transaction", async () => {
      const { store } = setup;
      for (const candidate of [undefined, null, 7, {}, store]) {
        await expectCode(store.log.append(candidate, Uint8Array.of(1)), "Store");
      }
    });

    it("gives values back as they were", async () => {
      const { store } = setup;
      const values: SqlValue[] = [
        0,
        -1,
        2 ** 31,
        Number.MAX_SAFE_INTEGER,
        2n ** 53n,
        -(2n ** 63n),
        2n ** 63n - 1n,
        null,
      ];
      const blob = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
      await store.transaction(async (transaction) => {
        await transaction.run(
          `CREATE TABLE samples (id INTEGER NOT NULL PRIMARY KEY, whole BIGINT, body ${textTypes[store.dialect]}(100), bytes ${blobTypes[store.dialect]})`,
        );
        for (const [id, whole] of values.entries()) {
          await transaction.run("INSERT INTO samples (id, whole, body, bytes) VALUES (?, ?, ?, ?)", [
            id,
            whole,
            "é€😀",
            blob,
          ]);
        }
      });
      const rows = await store.snapshot((snapshot) =>
        snapshot.all("SELECT whole, body, bytes FROM samples ORDER BY id"),
      );
      expect(rows.map((row) => row.whole)).toEqual(values);
      expect(rows[0]).toEqual({ whole: 0, body: "é€😀", bytes: blob });
      expect(rows[0]!.bytes!.constructor).toBe(Uint8Array);
    });

    it("gives the number of rows that a statement changed", async () => {
      const { store } = setup;
      await createNotes(store);
      await store.transaction(async (transaction) => {
        await addNotes(transaction, 1, 2, 3);
        expect(await transaction.run("UPDATE notes SET body = ? WHERE id > ?", ["x", 1])).toBe(2);
        expect(await transaction.run("DELETE FROM notes WHERE id = ?", [9])).toBe(0);
      });
    });

    it("streams rows in batches, while other statements run", async () => {
      const { store } = setup;
      await createNotes(store);
      const count = 2_500;
      await store.transaction(async (transaction) => {
        await addNotes(transaction, ...Array.from({ length: count }, (_, index) => index));
        const ids: number[] = [];
        for await (const batch of transaction.stream("SELECT id FROM notes ORDER BY id")) {
          expect(batch.length).toBeLessThan(count);
          ids.push(...batch.map((row) => Number(row.id)));
          await transaction.run("UPDATE notes SET body = ? WHERE id = ?", ["seen", ids.at(-1)!]);
        }
        expect(ids).toEqual(Array.from({ length: count }, (_, index) => index));
      });
    });
  });

  describe("snapshots", () => {
    const setup = setUp(open);

    it("sees what was committed before it, and nothing later, and keeps no writer waiting", async () => {
      const { store } = setup;
      await createNotes(store);
      await store.transaction((transaction) => addNotes(transaction, 1));
      await appendNumbers(store, 1);
      await store.snapshot(async (snapshot) => {
        const before = await snapshot.logBounds();
        await store.transaction(async (transaction) => {
          await addNotes(transaction, 2);
          await store.log.append(transaction, Uint8Array.of(2));
        });
        expect(await snapshot.all("SELECT id FROM notes")).toHaveLength(1);
        expect(await snapshot.logBounds()).toEqual(before);
        expect((await store.log.bounds()).lastSequence).toBeGreaterThan(before.lastSequence);
      });
      expect(await noteIds(store)).toEqual([1, 2]);
    });

    it("is of the moment when it began, not of its first statement", async () => {
      const { store } = setup;
      await store.snapshot(async (snapshot) => {
        await appendNumbers(store, 1);
        expect(await snapshot.logBounds()).toMatchObject({ lastSequence: 0 });
      });
    });

    it("never sees what is not committed", async () => {
      const { store } = setup;
      await createNotes(store);
      const [written, mayEnd] = [gate(), gate()];
      const writing = store.transaction(async (transaction) => {
        await addNotes(transaction, 1);
        await store.log.append(transaction, Uint8Array.of(1));
        written.open();
        await mayEnd.passed;
        throw new LiveDistError("Entity", "rolled back after all");
      });
      await written.passed;
      const reading = Promise.all([noteIds(store), logNumbers(store)]);
      mayEnd.open();
      await expectCode(writing, "Entity");
      expect(await reading).toEqual([[], []]);
    });

    it("cannot write", async () => {
      const { store } = setup;
      await createNotes(store);
      await expectCode(
        store.snapshot((snapshot) => snapshot.run("INSERT INTO notes (id) VALUES (1)")),
        "Store",
      );
      expect(await noteIds(store)).toEqual([]);
    });

    it("lets more snapshots wait than may be open, and opens nested ones", async () => {
      const { store } = setup;
      await createNotes(store);
      await store.transaction((transaction) => addNotes(transaction, 1));
      const counts = await Promise.all(
        Array.from({ length: STORE_SNAPSHOTS_MAX * 3 }, () =>
          store.snapshot(async (outer) => {
            await outer.all("SELECT id FROM notes");
            await new Promise((resolve) => setImmediate(resolve));
            return store.snapshot((inner) => inner.all("SELECT id FROM notes"));
          }),
        ),
      );
      expect(counts.every((rows) => rows.length === 1)).toBe(true);
    });

    it("streams its own view while the rows are overwritten", async () => {
      const { store } = setup;
      await createNotes(store);
      const count = 2_500;
      await store.transaction((transaction) =>
        addNotes(transaction, ...Array.from({ length: count }, (_, index) => index)),
      );
      await store.snapshot(async (snapshot) => {
        let rows = 0;
        for await (const batch of snapshot.stream("SELECT id, body FROM notes ORDER BY id")) {
          for (const row of batch) expect(row.body).toBe(`note ${Number(row.id)}`);
          rows += batch.length;
          await store.transaction((transaction) =>
            transaction.run("UPDATE notes SET body = ?", [`changed at ${rows}`]),
          );
        }
        expect(rows).toBe(count);
      });
    });

    it("frees a stream that is broken off", async () => {
      const { store } = setup;
      await createNotes(store);
      await store.transaction((transaction) =>
        addNotes(transaction, ...Array.from({ length: 1_500 }, (_, index) => index)),
      );
      await store.transaction(async (transaction) => {
        for await (const batch of transaction.stream("SELECT id FROM notes")) {
          expect(batch.length).toBeGreaterThan(0);
          break;
        }
        await transaction.run("DROP TABLE notes");
      });
      await createNotes(store);
    });

    it("ends a stream that outlives it with an error, not as if it were complete", async () => {
      const { store } = setup;
      await createNotes(store);
      await store.transaction((transaction) =>
        addNotes(transaction, ...Array.from({ length: 1_500 }, (_, index) => index)),
      );
      let escaped: Snapshot | undefined;
      const stream = await store.snapshot(async (snapshot) => {
        escaped = snapshot;
        const iterator = snapshot.stream("SELECT id FROM notes")[Symbol.asyncIterator]();
        await iterator.next();
        return iterator;
      });
      await expectCode(stream.next(), "Store", /ended/);
      await expectCode(escaped!.logBounds(), "Store", /ended/);
    });
  });

  describe("close", () => {
    const setup = setUp(open);

    it("may be called twice, and everything rejects with Closed afterwards", async () => {
      const { store } = setup;
      await append(store, Uint8Array.of(1));
      await store.close();
      await store.close();
      const calls = [
        () => store.transaction(() => Promise.resolve()),
        () => store.snapshot(() => Promise.resolve()),
        () => store.log.read(0, { rowsMax: 1, bytesMax: 1 }),
        () => store.log.bounds(),
        () => store.log.trim(1, []),
        () => collect(store.log.changes()),
        () => store.log.size(),
        () => store.log.sequenceBefore(1),
        () => store.log.newEpoch(),
        () => store.clients.list(),
        () => store.clients.add({ clientId: "c", bitNumber: 1 }),
        () => store.clients.remove("c"),
        () => store.schemas.put("v1", "text"),
        () => store.schemas.get("v1"),
        () => store.schemas.list(),
        () => store.links.get("paris"),
        () => store.links.set("paris", "state"),
      ];
      for (const call of calls) await expectCode(call(), "Closed");
      store.log.notify();
    });

    it("rolls an open transaction back, and rejects it and those who wait with Closed", async () => {
      const { store } = setup;
      const [written, mayEnd] = [gate(), gate()];
      // Of so many, some wait for their turn in every database.
      const transactions = Array.from({ length: STORE_TRANSACTIONS_MAX + 2 }, () =>
        store.transaction(async (transaction) => {
          await store.log.append(transaction, Uint8Array.of(1));
          written.open();
          await mayEnd.passed;
        }),
      );
      await written.passed;
      const outcomes = Promise.all(transactions.map((one) => expectCode(one, "Closed")));
      await store.close();
      mayEnd.open();
      await outcomes;
      const reopened = await setup.opened.reopen?.();
      if (reopened) expect(await logNumbers(reopened)).toEqual([]);
    });

    it("ends an open snapshot and its stream with Closed", async () => {
      const { store } = setup;
      await createNotes(store);
      await store.transaction((transaction) =>
        addNotes(transaction, ...Array.from({ length: 1_500 }, (_, index) => index)),
      );
      const reading = store.snapshot(async (snapshot) => {
        for await (const batch of snapshot.stream("SELECT id FROM notes")) {
          expect(batch.length).toBeGreaterThan(0);
          await store.close();
        }
      });
      await expectCode(reading, "Closed");
    });
  });
}
