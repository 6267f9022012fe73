import Database from "better-sqlite3";
import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { append, appendNumbers, createNotes, expectCode, logNumbers, noteIds, readLog } from "./contract-setup.js";
import { useSqliteFiles } from "./sqlite-files.js";

const PAGE_BYTES = 4_096;

describe("a full disk", () => {
  const files = useSqliteFiles();

  /** Lets the database grow by a few pages only. */
  async function fill(store: Store): Promise<void> {
    await store.transaction(async (transaction) => {
      const [row] = await transaction.all("PRAGMA page_count");
      await transaction.all(`PRAGMA max_page_count = ${Number(row!.page_count) + 8}`);
    });
  }

  const makeRoom = (store: Store) =>
    store.transaction((transaction) => transaction.all("PRAGMA max_page_count = 1000000"));

  it("keeps nothing of a transaction, and the store goes on where there is room again", async () => {
    const store = await files().open();
    await createNotes(store);
    await fill(store);
    const failing = store.transaction(async (transaction) => {
      await transaction.run("INSERT INTO notes (id) VALUES (1)");
      await store.log.append(transaction, Uint8Array.of(1));
      await store.log.append(transaction, new Uint8Array(1 << 20));
    });
    await expectCode(failing, "Store", /full/);
    expect(await noteIds(store)).toEqual([]);
    expect(await logNumbers(store)).toEqual([]);
    await makeRoom(store);
    await append(store, Uint8Array.of(2), new Uint8Array(1 << 20));
    expect(await readLog(store)).toHaveLength(2);
  });

  it("commits nothing of a transaction that SQLite gave up, although its work goes on", async () => {
    const store = await files().open();
    await createNotes(store);
    await fill(store);
    const failing = store.transaction(async (transaction) => {
      await transaction.run("INSERT INTO notes (id) VALUES (1)");
      await transaction.run("INSERT OR ROLLBACK INTO notes (id) VALUES (1)").catch(() => undefined);
      await expectCode(transaction.run("INSERT INTO notes (id) VALUES (2)"), "Store", /rolled it back/);
      await expectCode(store.log.append(transaction, Uint8Array.of(1)), "Store", /rolled it back/);
    });
    await expectCode(failing, "Store", /rolled it back/);
    expect(await noteIds(store)).toEqual([]);
    expect(await logNumbers(store)).toEqual([]);
  });

  it("leaves no half of the tables behind", async () => {
    const path = await files().path();
    const database = files().closeLater(new Database(path));
    database.exec("CREATE VIEW LiveDistState AS SELECT 1 AS Name, 2 AS Value");
    await expectCode(openStore(`sqlite:${path}`), "Store");
    expect(database.prepare("SELECT name FROM sqlite_master").pluck().all()).toEqual(["LiveDistState"]);
    // Nor a lock.
    database.exec("BEGIN IMMEDIATE; COMMIT");
  });
});

describe("a file that does not serve", () => {
  const files = useSqliteFiles();

  it("is refused where its directory is missing or it is a directory", async () => {
    const path = await files().path("missing/site.db");
    await expectCode(openStore(`sqlite:${path}`), "Config", /directory does not exist/);
    await mkdir(await files().path("directory"));
    await expectCode(openStore(`sqlite:${await files().path("directory")}`), "Config", /directory: the database file/);
  });

  it("is refused, and left as it is, where it is no database", async () => {
    const path = await files().path("notes.txt");
    const text = "these are notes and no database\n".repeat(200);
    await writeFile(path, text);
    await expectCode(openStore(`sqlite:${path}`), "Config", /not an SQLite database/);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("is an error of its own where it is damaged", async () => {
    const store = await files().open();
    for (let count = 0; count < 20; count++) await append(store, new Uint8Array(3 * PAGE_BYTES));
    await store.close();
    const path = await files().path();
    const { size } = await stat(path);
    const handle = await open(path, "r+");
    const [from, garbage] = [20 * PAGE_BYTES, new Uint8Array(size - 20 * PAGE_BYTES).fill(0xa5)];
    await handle.write(garbage, 0, garbage.length, from);
    await handle.close();
    const damaged = await files().open();
    await expectCode(readLog(damaged), "Store", /damaged/);
    await damaged.close();
  });

  it("is refused where its tables have the layout of another version", async () => {
    const store = await files().open();
    await store.transaction((transaction) =>
      transaction.run("UPDATE LiveDistState SET Value = '2' WHERE Name = 'layout'"),
    );
    await store.close();
    await expectCode(files().open(), "Store", /layout 2/);
  });

  it("is opened next to the application's own tables, whatever its journal mode was", async () => {
    const database = new Database(await files().path());
    database.exec("CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY); INSERT INTO notes VALUES (5)");
    database.close();
    const store = await files().open();
    expect(await noteIds(store)).toEqual([5]);
    await appendNumbers(store, 1);
    expect(await logNumbers(store)).toEqual([1]);
  });

  const isRoot = process.getuid?.() === 0;
  it(`is refused where it cannot be written${isRoot ? " (skipped: root writes everywhere)" : ""}`, async (context) => {
    if (isRoot) {
      context.skip("root writes everywhere, whatever the permissions say");
      return;
    }
    await (await files().open()).close();
    const handle = await open(await files().path());
    await handle.chmod(0o400);
    await handle.close();
    await expectCode(files().open(), "Store", /permissions|writable/);
  });
});
