import { describe, expect, it } from "vitest";
import { LOG_NUMBERED_ROWS_MAX, STORE_LEASE_MS } from "../../src/base/limits.js";
import type { Store } from "../../src/store/store.js";
import { append, appendNumbers, expectCode, gate, logNumbers, readLog } from "./contract-setup.js";
import { type PostgresqlSchema, SleepLogger, usePostgresqlSchema } from "./postgresql-databases.js";

/** Lets the lease of whoever numbers run out, as it does where a process dies. */
function expireLease(schema: PostgresqlSchema): Promise<unknown> {
  return schema.query("UPDATE LiveDistLease SET ExpiresAt = now() - interval '1 second'");
}

/** Keeps the lease of whoever numbers from running out while the test is slow. */
function extendLease(schema: PostgresqlSchema): Promise<unknown> {
  return schema.query("UPDATE LiveDistLease SET ExpiresAt = now() + interval '1 hour'");
}

async function lease(schema: PostgresqlSchema): Promise<{ token: string; held: boolean }> {
  const [row] = await schema.query("SELECT Token AS token, ExpiresAt > now() AS held FROM LiveDistLease");
  return row as { token: string; held: boolean };
}

/** Waits until so many statements of this test wait for a lock. */
async function waiting(schema: PostgresqlSchema, count: number): Promise<void> {
  const sql = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%"${schema.name}".%'`;
  await expect.poll(async () => (await schema.query(sql))[0]!.count).toBe(count);
}

async function sequences(store: Store): Promise<number[]> {
  return (await readLog(store)).map(({ sequence }) => sequence);
}

describe("numbering of the log in PostgreSQL", () => {
  const schema = usePostgresqlSchema();

  it("R83: gives a transaction that commits late a later number, where the order of its identity would hide it", async () => {
    const store = await schema().open();
    const [written, mayEnd] = [gate(), gate()];
    const late = store.transaction(async (transaction) => {
      await store.log.append(transaction, Uint8Array.of(1));
      written.open();
      await mayEnd.passed;
    });
    await written.passed;
    await appendNumbers(store, 2);
    // A reader that goes by the identity goes on behind the last one that it has seen, and never sees the first.
    const byIdentity = async (after: number) =>
      (await schema().query(`SELECT LogId::int AS id FROM LiveDistAppended WHERE LogId > ${after} ORDER BY LogId`)).map(
        ({ id }) => id as number,
      );
    const [seen] = await byIdentity(0);
    expect(await logNumbers(store)).toEqual([2]);
    mayEnd.open();
    await late;
    expect(await byIdentity(seen!)).toEqual([]);
    expect((await byIdentity(0))[0]).toBeLessThan(seen!);
    const [last] = (await readLog(store)).slice(-1);
    expect(last).toEqual({ sequence: 2, deltaBuffer: Uint8Array.of(1) });
  });

  it("leaves no gap for transactions that are rolled back", async () => {
    const store = await schema().open();
    for (const number of [1, 2, 3]) {
      await appendNumbers(store, number);
      const rolledBack = store.transaction(async (transaction) => {
        await store.log.append(transaction, Uint8Array.of(0));
        throw new TypeError("no");
      });
      await expect(rolledBack).rejects.toThrow(TypeError);
    }
    expect(await sequences(store)).toEqual([1, 2, 3]);
  });

  it("R83: is done by one of several stores, and by another where that one closes", async () => {
    const [first, second] = [await schema().open(), await schema().open()];
    await appendNumbers(first, 1);
    expect(await sequences(first)).toEqual([1]);
    await extendLease(schema());
    await appendNumbers(second, 2);
    expect(await sequences(second)).toEqual([1]);
    expect((await second.log.bounds()).lastSequence).toBe(1);
    expect(await sequences(first)).toEqual([1, 2]);
    expect(await sequences(second)).toEqual([1, 2]);
    const before = await lease(schema());
    await first.close();
    await appendNumbers(second, 3);
    expect(await sequences(second)).toEqual([1, 2, 3]);
    expect(Number((await lease(schema())).token)).toBe(Number(before.token) + 1);
  });

  it("R83: is refused to a store that has lost the lease, which goes on with what the other one numbered", async () => {
    const [first, second] = [await schema().open(), await schema().open()];
    await appendNumbers(first, 1);
    expect(await sequences(first)).toEqual([1]);
    await expireLease(schema());
    await appendNumbers(second, 2);
    expect(await sequences(second)).toEqual([1, 2]);
    await extendLease(schema());
    await appendNumbers(first, 3);
    expect(await sequences(first)).toEqual([1, 2]);
    expect(await sequences(second)).toEqual([1, 2, 3]);
    // And takes it again where that one falls silent.
    await expireLease(schema());
    await appendNumbers(second, 4);
    expect(await sequences(first)).toEqual([1, 2, 3, 4]);
    expect(await lease(schema())).toMatchObject({ token: "3" });
  });

  it("is not waited for in vain: a read that would give nothing numbers what another store has left lying", async () => {
    const [first, second] = [await schema().open(), await schema().open()];
    await appendNumbers(first, 1);
    expect(await sequences(first)).toEqual([1]);
    await extendLease(schema());
    await appendNumbers(first, 2);
    expect((await readLog(second, 1)).map(({ sequence }) => sequence)).toEqual([2]);
    expect(await lease(schema())).toEqual({ token: "1", held: true });
    await appendNumbers(second, 3);
    expect(await sequences(first)).toEqual([1, 2, 3]);
  });

  it("is waited for by a read that begins while another store is at it", async () => {
    const [first, second] = [await schema().open(), await schema().open()];
    await appendNumbers(first, 1);
    expect(await sequences(first)).toEqual([1]);
    await extendLease(schema());
    await appendNumbers(first, 2);
    const numberer = await schema().client();
    await numberer.query("BEGIN");
    await numberer.query("SELECT FROM LiveDistNumberLog(1, '1:1:', 3000, 1000, false)");
    const reading = readLog(second, 1);
    await waiting(schema(), 1);
    await numberer.query("COMMIT");
    expect((await reading).map(({ sequence }) => sequence)).toEqual([2]);
  });

  it.each(["the same store", "another store"])("leaves no row to who has just taken the lease: %s", async (which) => {
    const first = await schema().open();
    const second = which === "another store" ? await schema().open() : first;
    await appendNumbers(first, 1);
    // Whoever numbers gets as far as the log, with what was committed when it looked.
    const brake = await schema().client();
    await brake.query("BEGIN; LOCK TABLE LiveDistLog IN SHARE MODE");
    const readings = [readLog(first)];
    await waiting(schema(), 1);
    await appendNumbers(first, 2);
    readings.push(readLog(second, which === "another store" ? 1 : 0));
    await waiting(schema(), 2);
    await brake.query("COMMIT");
    const [ahead, behind] = await Promise.all(readings);
    expect(ahead!.map(({ sequence }) => sequence)[0]).toBe(1);
    expect(behind!.at(-1)).toEqual({ sequence: 2, deltaBuffer: Uint8Array.of(2) });
    expect(await lease(schema())).toEqual({ token: "1", held: true });
  });

  it("is told to who holds the lease where another store does it", async () => {
    const logger = new SleepLogger();
    const [master, other] = [await schema().open({ logger }), await schema().open()];
    let calls = 0;
    master.log.onNotify(() => calls++);
    await appendNumbers(master, 1);
    await readLog(master);
    await extendLease(schema());
    await logger.asleep();
    // As appended while nobody slept: without a word.
    const appendSilently = (number: number) =>
      schema().query(`INSERT INTO LiveDistAppended (AppendedAt, DeltaBuffer) VALUES (0, int4send(${number}))`);
    for (const number of [
      () => other.snapshot((snapshot) => snapshot.logBounds()),
      () => readLog(other, 2),
      () => other.transaction((transaction) => other.log.holdEnd(transaction)),
    ]) {
      calls = 0;
      await appendSilently(2);
      await number();
      await expect.poll(() => calls).toBe(1);
    }
    expect(await lease(schema())).toMatchObject({ token: "1" });
  });

  it("R83: holds the lease no longer than STORE_LEASE_MS after it last numbered, and takes it only to number", async () => {
    const store = await schema().open();
    await store.log.bounds();
    expect(await lease(schema())).toEqual({ token: "0", held: false });
    await appendNumbers(store, 1);
    await readLog(store);
    const [row] = await schema().query(
      `SELECT ExpiresAt <= now() + ${STORE_LEASE_MS} * interval '1 ms' AS bounded, isfinite(ExpiresAt) AS held FROM LiveDistLease`,
    );
    expect(row).toEqual({ bounded: true, held: true });
  });

  it("R83: gives each row one number where all stores number at once", async () => {
    const stores = [await schema().open(), await schema().open(), await schema().open()];
    for (let round = 0; round < 5; round++) {
      await Promise.all(stores.map((store, index) => appendNumbers(store, round * 3 + index)));
      await expireLease(schema());
      await Promise.all(stores.flatMap((store) => [readLog(store), store.log.bounds(), store.log.size()]));
    }
    await expireLease(schema());
    expect(await sequences(stores[0]!)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
  });

  it("gives more rows than one transaction numbers their numbers in the order in which they were appended", async () => {
    const store = await schema().open();
    const count = 2 * LOG_NUMBERED_ROWS_MAX + 1;
    await schema().query(
      `INSERT INTO LiveDistAppended (AppendedAt, DeltaBuffer) SELECT 0, int4send(n) FROM generate_series(1, ${count}) AS n`,
    );
    let last = 0;
    for (;;) {
      const rows = await readLog(store, last);
      if (rows.length === 0) break;
      for (const { sequence, deltaBuffer } of rows) {
        const appended = new DataView(deltaBuffer.buffer, deltaBuffer.byteOffset).getInt32(0);
        if (sequence !== ++last || appended !== last) expect({ sequence, appended }).toEqual({ last });
      }
    }
    expect(last).toBe(count);
  });

  it("R82: gives a snapshot its bounds while another store holds the lease, and takes nothing from that", async () => {
    const [master, other] = [await schema().open(), await schema().open()];
    await appendNumbers(master, 1);
    await readLog(master);
    await extendLease(schema());
    await appendNumbers(other, 2, 3);
    const bounds = await other.snapshot((snapshot) => snapshot.logBounds());
    expect(bounds).toMatchObject({ firstSequence: 1, lastSequence: 3 });
    await appendNumbers(other, 4);
    expect(await sequences(master)).toEqual([1, 2, 3, 4]);
    expect(await lease(schema())).toMatchObject({ token: "1" });
  });

  it("asks a snapshot for its bounds before anything is read in it", async () => {
    const store = await schema().open();
    await appendNumbers(store, 1);
    const late = store.snapshot(async (snapshot) => {
      await snapshot.all("SELECT 1 AS one");
      return snapshot.logBounds();
    });
    await expectCode(late, "Store", /before anything is read/);
  });

  it("wakes who listens, on every store, when the transaction commits and not before", async () => {
    const logger = new SleepLogger();
    const [writer, listener] = [await schema().open(), await schema().open({ logger })];
    let calls = 0;
    listener.log.onNotify(() => calls++);
    await logger.asleep();
    await writer.transaction(async (transaction) => {
      await writer.log.append(transaction, Uint8Array.of(1));
      await writer.log.append(transaction, Uint8Array.of(2));
      // What another transaction tells comes behind whatever was told before.
      await append(listener, Uint8Array.of(3));
      await expect.poll(() => calls).toBe(1);
    });
    await expect.poll(() => calls).toBe(2);
    // Numbering wakes the others: they may have looked before.
    await readLog(writer);
    await expect.poll(() => calls).toBe(3);
    await readLog(listener);
    await readLog(writer);
    expect(calls).toBe(3);
  });

  it("tells of changes of clients, whoever makes them", async () => {
    const store = await schema().open();
    let calls = 0;
    store.clients.onChange(() => calls++);
    const other = await schema().open();
    await other.clients.add({ clientId: "c1", bitNumber: 1 });
    await expect.poll(() => calls).toBe(1);
    await schema().query("UPDATE LiveDistClients SET IsDisabled = 1");
    await expect.poll(() => calls).toBe(2);
    await schema().query("TRUNCATE LiveDistClients");
    await expect.poll(() => calls).toBe(3);
  });
});
