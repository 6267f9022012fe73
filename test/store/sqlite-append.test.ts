import Database from "better-sqlite3";
import { symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.js";
import { append, createNotes, expectCode, logNumbers, noteIds } from "./contract-setup.js";
import { openMemory, useSqliteFiles } from "./sqlite-files.js";

describe("append in the application's own better-sqlite3 transaction", () => {
  const files = useSqliteFiles();

  async function open(): Promise<{ store: Store; database: Database.Database }> {
    const store = await files().open();
    await createNotes(store);
    return { store, database: files().closeLater(new Database(await files().path())) };
  }

  it("is committed with the application's rows", async () => {
    const { store, database } = await open();
    for (const number of [1, 2]) {
      database.exec("BEGIN IMMEDIATE");
      database.prepare("INSERT INTO notes (id) VALUES (?)").run(number);
      await store.log.append(database, Uint8Array.of(number));
      expect(await logNumbers(store)).toHaveLength(number - 1);
      database.exec("COMMIT");
    }
    expect(await noteIds(store)).toEqual([1, 2]);
    expect(await logNumbers(store)).toEqual([1, 2]);
  });

  it("is rolled back with them", async () => {
    const { store, database } = await open();
    database.exec("BEGIN");
    database.prepare("INSERT INTO notes (id) VALUES (1)").run();
    await store.log.append(database, Uint8Array.of(1));
    database.exec("ROLLBACK");
    expect(await logNumbers(store)).toEqual([]);
    await append(store, Uint8Array.of(2));
    expect(await logNumbers(store)).toEqual([2]);
  });

  it("writes before it returns, so that better-sqlite3's own transaction functions serve", async () => {
    const { store, database } = await open();
    let appended: Promise<void> | undefined;
    database.transaction(() => {
      database.prepare("INSERT INTO notes (id) VALUES (1)").run();
      appended = store.log.append(database, Uint8Array.of(1));
    })();
    await appended;
    expect(await logNumbers(store)).toEqual([1]);
  });

  it("takes a schema into it as well", async () => {
    const { store, database } = await open();
    database.exec("BEGIN");
    await store.schemas.put("v1", "text", database);
    expect(await store.schemas.get("v1")).toBeUndefined();
    database.exec("COMMIT");
    expect(await store.schemas.get("v1")).toBe("text");
  });

  it("leaves the application's settings of its Database alone", async () => {
    const { store, database } = await open();
    database.defaultSafeIntegers(true);
    database.exec("BEGIN");
    await store.log.append(database, Uint8Array.of(1));
    await store.log.append(database, Uint8Array.of(2));
    database.exec("COMMIT");
    expect(database.prepare("SELECT 1 AS one").get()).toEqual({ one: 1n });
    expect(await logNumbers(store)).toEqual([1, 2]);
    expect(await store.log.size()).toMatchObject({ rows: 2, bytes: 2 });
  });

  it("needs an open transaction, and says so", async () => {
    const { store, database } = await open();
    await expectCode(store.log.append(database, Uint8Array.of(1)), "Store", /BEGIN IMMEDIATE/);
    database.close();
    await expectCode(store.log.append(database, Uint8Array.of(1)), "Store", /no transaction is open/);
    expect(await logNumbers(store)).toEqual([]);
  });

  it("takes the store's file under any name, and no other file", async () => {
    const { store } = await open();
    const link = await files().path("link.db");
    await symlink(await files().path(), link);
    const linked = files().closeLater(new Database(link));
    linked.exec("BEGIN");
    await store.log.append(linked, Uint8Array.of(1));
    linked.exec("COMMIT");
    expect(await logNumbers(store)).toEqual([1]);

    await files().open({}, "other.db");
    for (const name of [await files().path("other.db"), ":memory:", ""]) {
      const other = files().closeLater(new Database(name));
      other.exec("BEGIN");
      await expectCode(store.log.append(other, Uint8Array.of(2)), "Store", /another database/);
    }
  });

  it("takes no transaction of another store", async () => {
    const { store } = await open();
    const other = await files().open();
    await other.transaction((transaction) =>
      expectCode(store.log.append(transaction, Uint8Array.of(1)), "Store", /another store/),
    );
  });

  it("fails clearly where the Database cannot write, and where it is in the middle of a query", async () => {
    const { store, database } = await open();
    const readonly = files().closeLater(new Database(await files().path(), { readonly: true }));
    readonly.exec("BEGIN");
    await expectCode(store.log.append(readonly, Uint8Array.of(1)), "Store", /cannot be written/);
    database.exec("BEGIN");
    const rows = database.prepare("SELECT 1 UNION SELECT 2").iterate();
    rows.next();
    await expectCode(store.log.append(database, Uint8Array.of(1)), "Store", /busy/);
    rows.return?.();
    await store.log.append(database, Uint8Array.of(1));
    database.exec("COMMIT");
    expect(await logNumbers(store)).toEqual([1]);
  });

  it("is not possible with a database in memory", async () => {
    const { store, cleanup } = await openMemory();
    const database = files().closeLater(new Database(":memory:"));
    database.exec("BEGIN");
    await expectCode(store.log.append(database, Uint8Array.of(1)), "Store", /another database/);
    await cleanup();
  });
});
