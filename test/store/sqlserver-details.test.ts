import mssql from "mssql";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import type { Store, Transaction } from "../../src/store/store.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import {
  appendNumbers,
  createNotes,
  addNotes,
  expectCode,
  gate,
  logNumbers,
  noteIds,
  readLog,
} from "./contract-setup.js";
import {
  removeDatabases,
  SQLSERVER_TEST_MS_MAX,
  SqlServerDatabase,
  sqlServerUrl,
  useSqlServerDatabase,
} from "./sqlserver-databases.js";

/** Begins a transaction that appends a row and stays open. */
async function holdOpen(store: Store, number: number): Promise<{ commit: () => Promise<void> }> {
  const [appended, mayCommit] = [gate(), gate()];
  const running = store.transaction(async (transaction) => {
    await store.log.append(transaction, Uint8Array.of(number));
    appended.open();
    await mayCommit.passed;
  });
  await appended.passed;
  return {
    commit: () => {
      mayCommit.open();
      return running;
    },
  };
}

const options = { skip: sqlServerUrl === undefined, timeout: SQLSERVER_TEST_MS_MAX };

describe("SQL Server", options, () => {
  removeDatabases();
  const database = useSqlServerDatabase();

  it("R83: numbers a transaction that commits late behind those that overtook it, and makes nobody wait", async () => {
    const store = await database().open();
    const late = await holdOpen(store, 1);
    await appendNumbers(store, 2, 3);
    const before = await readLog(store);
    expect(before.map((row) => row.deltaBuffer[0])).toEqual([2, 3]);
    await late.commit();
    const after = await readLog(store);
    expect(after.slice(0, 2)).toEqual(before);
    expect(after.map((row) => row.deltaBuffer[0])).toEqual([2, 3, 1]);
    // Who read in the order of the identity would have gone on behind the last row, and never have seen the late one.
    const identities = await store.snapshot((snapshot) =>
      snapshot.all("SELECT LogId FROM LiveDistLog ORDER BY Sequence"),
    );
    expect(identities.map(({ LogId }) => LogId)).toEqual([2, 3, 1]);
  });

  it("R83: numbers once, whichever store reads first, and lets another go on when one is closed", async () => {
    const [one, other] = [await database().open(), await database().open()];
    await appendNumbers(one, 1);
    await Promise.all([readLog(one), readLog(other)]);
    await appendNumbers(other, 2);
    expect(await logNumbers(one)).toEqual([1, 2]);
    expect(await logNumbers(other)).toEqual([1, 2]);
    await one.close();
    await appendNumbers(other, 3);
    expect(await logNumbers(other)).toEqual([1, 2, 3]);
    const { firstSequence, lastSequence } = await other.log.bounds();
    expect([firstSequence, lastSequence]).toEqual([1, 3]);
  });

  it("R82: gives a snapshot bounds that hold exactly the rows that it sees", async () => {
    const [store, other] = [await database().open(), await database().open()];
    await createNotes(store);
    const done = new AbortController();
    const writing = (async () => {
      for (let number = 1; !done.signal.aborted; number++) {
        await other.transaction(async (transaction) => {
          await addNotes(transaction, number);
          await other.log.append(transaction, Uint8Array.of(1));
        });
      }
    })();
    for (let count = 0; count < 20; count++) {
      await store.snapshot(async (snapshot) => {
        const { lastSequence } = await snapshot.logBounds();
        const [row] = await snapshot.all("SELECT COUNT(*) AS notes FROM notes");
        expect(row!["notes"]).toBe(lastSequence);
      });
    }
    done.abort();
    await writing;
  });

  it("appends in an application's own transaction, or a request of it", async () => {
    const store = await database().open();
    const pool = await database().pool();
    const transaction = pool.transaction();
    await expectCode(store.log.append(transaction, Uint8Array.of(1)), "Store");
    await transaction.begin();
    await store.log.append(transaction, Uint8Array.of(1));
    await store.log.append(new mssql.Request(transaction), new Uint8Array());
    await store.schemas.put("v1", "text", transaction);
    expect(await logNumbers(store)).toEqual([]);
    await transaction.commit();
    expect((await readLog(store)).map((row) => row.deltaBuffer)).toEqual([Uint8Array.of(1), new Uint8Array()]);
    expect(await store.schemas.get("v1")).toBe("text");
    await expectCode(store.log.append(transaction, Uint8Array.of(1)), "Store");
  });

  it("refuses a transaction in another database", async () => {
    const store = await database().open();
    const elsewhere = new SqlServerDatabase();
    try {
      await elsewhere.open();
      const transaction = (await elsewhere.pool()).transaction();
      await transaction.begin();
      await expectCode(store.log.append(transaction, Uint8Array.of(1)), "Store", /another database/);
      await transaction.rollback();
    } finally {
      await elsewhere.cleanup();
    }
  });

  it("keeps nobody waiting who reads what a transaction changes that is still open", async () => {
    const store = await database().open({ busyMsMax: 500 });
    const other = await database().open({ busyMsMax: 500 });
    await store.clients.add({ clientId: "c1", bitNumber: 1 });
    await store.links.set("peer", "before");
    await appendNumbers(store, 1);
    await store.transaction(async (transaction) => {
      await transaction.run("UPDATE LiveDistClients SET IsDisabled = 1");
      await store.links.set("peer", "after", transaction);
      await store.schemas.put("v1", "text", transaction);
      await store.log.append(transaction, Uint8Array.of(2));
      for (const reader of [store, other]) {
        expect((await reader.clients.list()).map((client) => client.isDisabled)).toEqual([false]);
        expect(await reader.links.get("peer")).toBe("before");
        expect([await reader.schemas.get("v1"), await reader.schemas.list()]).toEqual([undefined, []]);
        expect(await logNumbers(reader)).toEqual([1]);
        expect(await reader.log.size()).toMatchObject({ rows: 1 });
      }
      await other.log.trim(1, []);
    });
    expect(await logNumbers(other)).toEqual([2]);
  });

  it("says who lost a deadlock, and keeps nothing of it", async () => {
    const store = await database().open();
    await createNotes(store);
    await store.transaction((transaction) => addNotes(transaction, 1, 2));
    const [first, second] = [gate(), gate()];
    const cross = (own: number, theirs: number, mine: typeof first, other: typeof first) =>
      store.transaction(async (transaction: Transaction) => {
        await transaction.run("UPDATE notes SET body = ? WHERE id = ?", [`by ${own}`, own]);
        mine.open();
        await other.passed;
        await transaction.run("UPDATE notes SET body = ? WHERE id = ?", [`by ${own}`, theirs]);
      });
    const outcomes = await Promise.allSettled([cross(1, 2, first, second), cross(2, 1, second, first)]);
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(failed).toHaveLength(1);
    await expectCode(Promise.reject(failed[0]!.reason as Error), "Store", /run it again/);
    const rows = await store.snapshot((snapshot) => snapshot.all("SELECT DISTINCT body FROM notes"));
    expect(rows).toHaveLength(1);
  });

  it("gives up waiting for a lock, and says so", async () => {
    const store = await database().open({ busyMsMax: 50 });
    await createNotes(store);
    await store.transaction((transaction) => addNotes(transaction, 1));
    await store.transaction(async (holder) => {
      await holder.run("UPDATE notes SET body = 'held'");
      const other = await database().open({ busyMsMax: 50 });
      await expectCode(
        other.transaction((waiting) => waiting.run("UPDATE notes SET body = 'waited'")),
        "Store",
        /busyMsMax|lock/,
      );
    });
    expect(await noteIds(store)).toEqual([1]);
  });

  it("reads on where its connections were ended", async () => {
    const store = await database().open();
    await appendNumbers(store, 1);
    await readLog(store);
    const pool = await database().pool();
    const sessions = await pool
      .request()
      .query<{ id: number }>(
        "SELECT session_id AS id FROM sys.dm_exec_sessions WHERE program_name = 'LiveDist' AND session_id <> @@SPID AND database_id = DB_ID()",
      );
    for (const { id } of sessions.recordset) await pool.request().batch(`KILL ${id}`);
    expect(await logNumbers(store)).toEqual([1]);
    await appendNumbers(store, 2);
    expect(await logNumbers(store)).toEqual([1, 2]);
  });

  it("writes null into columns of every type", async () => {
    const store = await database().open();
    await store.transaction(async (transaction) => {
      await transaction.run(
        "CREATE TABLE nothing (a VARBINARY(MAX) NULL, b UNIQUEIDENTIFIER NULL, c DATETIME2 NULL, d FLOAT NULL, e NVARCHAR(MAX) NULL)",
      );
      await transaction.run("INSERT INTO nothing (a, b, c, d, e) VALUES (?, ?, ?, ?, ?)", [
        null,
        null,
        null,
        null,
        null,
      ]);
      expect(await transaction.all("SELECT a, b, c, d, e FROM nothing")).toEqual([
        { a: null, b: null, c: null, d: null, e: null },
      ]);
    });
  });

  it("selects by a slice as the slice itself does, whatever the topics hold", async () => {
    const store = await database().open();
    const lists = [",A,", ",a,", ",A,B,", ",A%,", ",A_,", ",A[B],", ",Ä,", ",ä,", ",😀,", ",AA,", ",B,A,"];
    await store.transaction(async (transaction) => {
      await transaction.run("CREATE TABLE listed (Topics NVARCHAR(1000) NOT NULL, UpdateTime DATETIME2(3) NOT NULL)");
      for (const topics of lists) {
        await transaction.run("INSERT INTO listed (Topics, UpdateTime) VALUES (?, ?)", [topics, "2020-01-01T00:00:00"]);
      }
    });
    const pool = await database().pool();
    for (const text of ["A", "a", "A*!B", "A%+A_", "A[B]", "Ä", "ä", "😀", "A*TimeWindow[01/01/2020 00:00:00]"]) {
      const slice = parseTopicsSlice(text);
      const { sql, parameters } = slice.where("sqlserver");
      const request = pool.request();
      for (const [index, value] of parameters.entries()) request.input(`p${index + 1}`, value);
      const { recordset } = await request.query<{ Topics: string }>(`SELECT Topics FROM listed WHERE ${sql}`);
      const expected = lists.filter((one) => slice.selects(one.split(",").filter((topic) => topic !== "")));
      expect(recordset.map(({ Topics }) => Topics).sort()).toEqual(expected.sort());
    }
  });

  it("creates its tables once, though several open the database at once", async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => database().open()));
    const epochs = await Promise.all(stores.map(async (store) => (await store.log.bounds()).epoch));
    expect(new Set(epochs).size).toBe(1);
  });

  it("refuses tables of another layout", async () => {
    const store = await database().open();
    await store.transaction((transaction) =>
      transaction.run("UPDATE LiveDistState SET Value = '99' WHERE Name = 'layout'"),
    );
    await expectCode(database().open(), "Store", /layout 99/);
  });

  it("says what is wrong with a login or a database, without its password", async () => {
    const connectionString = await database().connectionString();
    if (/^(mssql|sqlserver):/i.test(connectionString)) return;
    await expectCode(openStore(`${connectionString};Database=livedist_no_such`), "Config", /no such database/);
    await expectCode(openStore(`${connectionString};Password=not this one`), "Config", /^(?!.*not this one)/);
  });
});
