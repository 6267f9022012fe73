import Database from "better-sqlite3";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.js";
import { STORE_STATEMENTS_MAX } from "../../src/base/limits.js";
import { readScript } from "../../src/store/sqlite/run-script.js";
import { append, appendNumbers, createNotes, addNotes, expectCode, logNumbers } from "./contract-setup.js";
import { openMemory, useSqliteFiles } from "./sqlite-files.js";

const scriptUrl = new URL("../../sql/LiveDistDB.sqlite.sql", import.meta.url);

describe("the script of the tables", () => {
  const files = useSqliteFiles();

  it("may be run by hand, again and again, before and after openStore", async () => {
    const script = await readFile(scriptUrl, "utf8");
    const database = files().closeLater(new Database(await files().path()));
    database.exec(script);
    database.exec(script);
    const store = await files().open();
    await appendNumbers(store, 1);
    await store.clients.add({ clientId: "c1", bitNumber: 1 });
    const bounds = await store.log.bounds();
    database.exec(script);
    expect(await store.log.bounds()).toEqual(bounds);
    expect(await logNumbers(await files().open())).toEqual([1]);
  });

  it("is understood by the sqlite3 shell", async (context) => {
    const path = await files().path();
    const shell = promisify(execFile);
    const hasShell = await shell("sqlite3", ["--version"]).then(
      () => true,
      () => false,
    );
    if (!hasShell) {
      context.skip("there is no sqlite3 shell on this machine");
      return;
    }
    await shell("sqlite3", [path, ".read sql/LiveDistDB.sqlite.sql"], { cwd: new URL("../..", import.meta.url) });
    await appendNumbers(await files().open(), 1);
    const { stdout } = await shell("sqlite3", [path, "SELECT hex(DeltaBuffer) FROM LiveDistLog"]);
    expect(stdout.trim()).toBe("01");
  });

  it("has the prefix in front of every name", async () => {
    const database = files().closeLater(new Database(":memory:"));
    database.exec(await readScript("p_"));
    const names = database.prepare("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'").pluck().all();
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !String(name).startsWith("p_LiveDist"))).toEqual([]);
  });
});

describe("times", () => {
  const files = useSqliteFiles();

  it("are those of the clock passed in, and never go back", async () => {
    let nowMs = 1_000;
    const clock: Clock = { ...systemClock, now: () => nowMs };
    const store = await files().open({ clock });
    for (const timeMs of [1_000, 2_000, 2_000, 1_500, 3_000]) {
      nowMs = timeMs;
      await appendNumbers(store, 1);
    }
    nowMs = 10_000;
    expect(await store.log.size()).toMatchObject({ rows: 5, oldestMs: 9_000 });
    const before = await Promise.all(
      [1_000, 1_001, 2_000, 2_001, 3_000, 3_001].map((at) => store.log.sequenceBefore(at)),
    );
    expect(before).toEqual([0, 1, 1, 4, 4, 5]);
    await store.log.trim(2, []);
    expect(await store.log.sequenceBefore(2_000)).toBe(0);
    expect(await store.log.sequenceBefore(2_001)).toBe(4);
    expect(await store.log.size()).toMatchObject({ rows: 3, oldestMs: 8_000 });
  });

  it("take randomness that is passed in", async () => {
    const store = await files().open({ random: () => 0.5 });
    expect((await store.log.bounds()).epoch).toBe("800000008000000080000000");
  });
});

describe("settings", () => {
  const files = useSqliteFiles();

  it.each([
    ["full", 2],
    ["normal", 1],
  ] as const)("synchronous %s", async (synchronous, expected) => {
    const store = await files().open({ synchronous });
    const [row] = await store.transaction((transaction) => transaction.all("PRAGMA synchronous"));
    expect(row).toEqual({ synchronous: expected });
  });

  it("are durable by default, with WAL and foreign keys", async () => {
    const store = await files().open();
    await store.transaction(async (transaction) => {
      expect(await transaction.all("PRAGMA synchronous")).toEqual([{ synchronous: 2 }]);
      expect(await transaction.all("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
      expect(await transaction.all("PRAGMA foreign_keys")).toEqual([{ foreign_keys: 1 }]);
    });
  });

  it("are refused where they make no sense", async () => {
    await expectCode(files().open({ synchronous: "off" as "full" }), "Config", /"off"/);
    await expectCode(files().open({ busyMsMax: Number.NaN }), "Config", /busyMsMax/);
    for (const tablesPrefix of ["LiveDist..", "1st", "a b", "a-b", 'a"b', "é", "sqlite_x", "x".repeat(65)]) {
      await expectCode(files().open({ tablesPrefix }), "Config", /LiveDistTablesPrefix/);
    }
  });
});

describe("statements", () => {
  it("may be more than are kept, and run while they are streamed", async () => {
    const { store, cleanup } = await openMemory();
    await createNotes(store);
    await store.transaction(async (transaction) => {
      await addNotes(transaction, ...Array.from({ length: 1_200 }, (_, index) => index));
      const sql = "SELECT id FROM notes ORDER BY id";
      for await (const batch of transaction.stream(sql)) {
        expect(await transaction.all(sql)).toHaveLength(1_200);
        expect(batch.length).toBeGreaterThan(0);
      }
      for (let count = 0; count < STORE_STATEMENTS_MAX * 2; count++) {
        expect(await transaction.all(`SELECT ${count} AS count`)).toEqual([{ count }]);
      }
    });
    await cleanup();
  });

  it("that are wrong are refused with what SQLite says of them", async () => {
    const { store, cleanup } = await openMemory();
    const failing = (sql: string, parameters?: []) =>
      store.transaction((transaction) => transaction.run(sql, parameters));
    await expectCode(failing("SELECT * FROM nowhere"), "Store", /no such table: nowhere/);
    await expectCode(failing("SELECT ?"), "Store", /Too few parameter/);
    await expectCode(failing("SELECT 1; SELECT 2"), "Store", /more than one statement/);
    await expectCode(failing("COMMIT"), "Store", /a statement ended it/);
    await append(store, Uint8Array.of(1));
    await cleanup();
  });

  it("keep integers integers and strings whole, in columns without a type too", async () => {
    const { store, cleanup } = await openMemory();
    await store.transaction(async (transaction) => {
      const sql = "SELECT typeof(?) AS small, typeof(?) AS large, typeof(?) AS real, ? AS text";
      expect(await transaction.all(sql, [1, 2 ** 40, 0.5, "a\0b"])).toEqual([
        { small: "integer", large: "integer", real: "real", text: "a\0b" },
      ]);
    });
    await cleanup();
  });

  it("end batches of large rows early", async () => {
    const { store, cleanup } = await openMemory();
    const rows = 12;
    for (let count = 0; count < rows; count++) await append(store, new Uint8Array(1 << 20));
    await store.snapshot(async (snapshot) => {
      const sizes: number[] = [];
      for await (const batch of snapshot.stream("SELECT DeltaBuffer FROM LiveDistLog")) sizes.push(batch.length);
      expect(sizes.length).toBeGreaterThan(1);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(rows);
    });
    await cleanup();
  });
});
