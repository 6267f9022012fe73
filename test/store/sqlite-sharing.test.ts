import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import {
  append,
  appendNumbers,
  collect,
  createNotes,
  expectCode,
  gate,
  logNumbers,
  noteIds,
} from "./contract-setup.js";
import { OtherProcess } from "./other-process.js";
import { openMemory, useSqliteFiles } from "./sqlite-files.js";

describe("one file, several users", () => {
  const files = useSqliteFiles();

  it("lets reads and snapshots go on while a transaction is open", async () => {
    const store = await files().open();
    await createNotes(store);
    await appendNumbers(store, 1);
    const [written, mayEnd] = [gate(), gate()];
    const writing = store.transaction(async (transaction) => {
      await transaction.run("INSERT INTO notes (id) VALUES (1)");
      await store.log.append(transaction, Uint8Array.of(2));
      expect(await logNumbers(store)).toEqual([1]);
      written.open();
      await mayEnd.passed;
    });
    await written.passed;
    expect(await logNumbers(store)).toEqual([1]);
    expect(await noteIds(store)).toEqual([]);
    expect(await collect(store.log.changes())).toEqual([]);
    mayEnd.open();
    await writing;
    expect(await logNumbers(store)).toEqual([1, 2]);
  });

  it("serves two stores of one process, and their open transactions, one after the other", async () => {
    const [one, other] = [await files().open(), await files().open()];
    const [written, mayEnd] = [gate(), gate()];
    const first = one.transaction(async (transaction) => {
      await one.log.append(transaction, Uint8Array.of(1));
      written.open();
      await mayEnd.passed;
    });
    await written.passed;
    const second = append(other, Uint8Array.of(2));
    await new Promise((resolve) => setImmediate(resolve));
    mayEnd.open();
    await Promise.all([first, second]);
    expect(await logNumbers(one)).toEqual([1, 2]);
    expect(await logNumbers(other)).toEqual([1, 2]);
    expect(await other.log.bounds()).toEqual(await one.log.bounds());
  });

  it("mixes many transactions of two stores without loss", async () => {
    const stores = [await files().open(), await files().open()];
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(numbers.map((number) => append(stores[number % 2]!, Uint8Array.of(number))));
    expect((await logNumbers(stores[0]!)).sort((a, b) => a - b)).toEqual(numbers);
  });

  it("opens a new file from several sides at once, with one epoch", async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => files().open()));
    const epochs = await Promise.all(stores.map(async (store) => (await store.log.bounds()).epoch));
    expect(new Set(epochs).size).toBe(1);
  });

  it("gives up after a while where the lock is not given back, and says why", async () => {
    const store = await files().open({ busyMsMax: 20 });
    const database = files().closeLater(new Database(await files().path()));
    database.exec("BEGIN IMMEDIATE");
    await expectCode(append(store, Uint8Array.of(1)), "Store", /another connection.*lock for 20 ms/);
    expect(await logNumbers(store)).toEqual([]);
    database.exec("COMMIT");
    await append(store, Uint8Array.of(2));
    expect(await logNumbers(store)).toEqual([2]);
  });

  it("does not block the event loop while it waits", async () => {
    const store = await files().open();
    const database = files().closeLater(new Database(await files().path()));
    database.exec("BEGIN IMMEDIATE");
    // The lock is given back by the event loop itself.
    setTimeout(() => database.exec("COMMIT"), 5);
    await append(store, Uint8Array.of(1));
    expect(await logNumbers(store)).toEqual([1]);
  });

  it("is closed while it waits for a lock", async () => {
    const store = await files().open();
    const database = files().closeLater(new Database(await files().path()));
    database.exec("BEGIN IMMEDIATE");
    const closed = expectCode(append(store, Uint8Array.of(1)), "Closed");
    await store.close();
    await closed;
  });

  it("keeps tables of different prefixes in one file apart", async () => {
    const [plain, one, other] = [
      await files().open(),
      await files().open({ tablesPrefix: "one_" }),
      await files().open({ tablesPrefix: "Other2" }),
    ];
    await appendNumbers(one, 1, 2);
    await one.clients.add({ clientId: "c1", bitNumber: 1 });
    await one.log.trim(1, [{ techId: new Uint8Array(16), className: "A", sequence: 1, isDeleted: true }]);
    await appendNumbers(other, 3);
    await other.clients.add({ clientId: "c1", bitNumber: 2 });
    expect(await logNumbers(one)).toEqual([2]);
    expect(await logNumbers(other)).toEqual([3]);
    expect((await other.clients.list())[0]!.bitNumber).toBe(2);
    expect(await collect(other.log.changes())).toEqual([]);
    expect(await plain.log.bounds()).toMatchObject({ lastSequence: 0 });
    const epochs = await Promise.all([plain, one, other].map(async (store) => (await store.log.bounds()).epoch));
    expect(new Set(epochs).size).toBe(3);
    const set = "UPDATE Other2LiveDistClients SET BitNumber = 3";
    await expectCode(
      other.transaction((transaction) => transaction.run(set)),
      "Store",
      /Other2LiveDistClients.BitNumber cannot/,
    );
  });

  it("knows its sequence-numbers where a prefix is written in another case", async () => {
    const store = await files().open({ tablesPrefix: "Site_" });
    await appendNumbers(store, 1);
    expect(await (await files().open({ tablesPrefix: "site_" })).log.bounds()).toEqual(await store.log.bounds());
  });
});

describe("one file, several processes", () => {
  const files = useSqliteFiles();
  const start = async (command: "hold" | "append" | "crash") =>
    files().closeLater(new OtherProcess(command, await files().path()));

  it("loses nothing and waits for each other", async () => {
    const store = await files().open();
    const child = await start("append");
    expect(await child.says()).toBe("opening");
    for (let count = 100; count < 150; count++) await append(store, Uint8Array.of(count));
    expect(await child.exitCode()).toBe(0);
    const numbers = await logNumbers(store);
    expect(numbers).toHaveLength(100);
    expect(numbers.filter((number) => number < 100)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(numbers.filter((number) => number >= 100)).toEqual(Array.from({ length: 50 }, (_, index) => index + 100));
  });

  it("waits for a lock that another process holds", async () => {
    const store = await files().open();
    const child = await start("hold");
    expect(await child.says()).toBe("held");
    const appended = append(store, Uint8Array.of(1));
    expect(await logNumbers(store)).toEqual([]);
    child.go();
    await appended;
    expect(await logNumbers(store)).toEqual([1]);
  });

  it("keeps a process alive that waits for nothing but a lock", async () => {
    const store = await files().open();
    const database = files().closeLater(new Database(await files().path()));
    database.exec("BEGIN IMMEDIATE");
    const child = await start("append");
    expect(await child.says()).toBe("opening");
    // Time enough to end by mistake; however long it is, the child needs the lock before it has done anything.
    await new Promise((resolve) => setTimeout(resolve, 300));
    database.exec("COMMIT");
    expect(await child.exitCode()).toBe(0);
    expect(await logNumbers(store)).toHaveLength(50);
  });

  it("finds what a process committed before it was killed, and nothing else", async () => {
    const child = await start("crash");
    expect(await child.says()).toBe("opening");
    expect(await child.says()).toBe("uncommitted");
    child.kill();
    expect(await child.exitCode()).toBeNull();
    const store = await files().open();
    expect(await logNumbers(store)).toEqual([1]);
    await appendNumbers(store, 3);
    expect(await logNumbers(store)).toEqual([1, 3]);
  });
});

describe("in memory", () => {
  it("refuses a read inside a transaction instead of waiting for ever", async () => {
    const { store, cleanup } = await openMemory();
    await store.transaction(async () => {
      await expectCode(store.log.bounds(), "Store", /use the transaction given/);
      await expectCode(
        store.snapshot(() => Promise.resolve()),
        "Store",
        /use the transaction given/,
      );
    });
    await cleanup();
  });

  it("lets listeners read that are told inside a transaction", async () => {
    const { store, cleanup } = await openMemory();
    let reading: Promise<number[]> | undefined;
    store.log.onNotify(() => {
      reading = logNumbers(store);
    });
    await store.transaction(async (transaction) => {
      await store.log.append(transaction, Uint8Array.of(1));
      store.log.notify();
    });
    expect(await reading).toEqual([1]);
    await cleanup();
  });

  it("is a new database each time", async () => {
    const [one, other] = [await openMemory(), await openMemory()];
    await appendNumbers(one.store, 1);
    expect(await logNumbers(other.store)).toEqual([]);
    await one.cleanup();
    await other.cleanup();
  });
});
