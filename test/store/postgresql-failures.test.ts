import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { STORE_READS_MAX, STORE_SNAPSHOTS_MAX, STORE_TRANSACTIONS_MAX } from "../../src/base/limits.js";
import { readScript } from "../../src/store/postgresql/create-tables.js";
import { openStore } from "../../src/store/open-store.js";
import type { StoreOptions } from "../../src/store/store-options.js";
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
} from "./contract-setup.js";
import { postgresqlUrl, type PostgresqlSchema, SleepLogger, usePostgresqlSchema } from "./postgresql-databases.js";

/** Ends the connections of a store as a server does that is shut down; only those that listen, where that is asked for. */
async function terminate(schema: PostgresqlSchema, which = ""): Promise<number> {
  const rows = await schema.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${schema.name}' ${which}`,
  );
  return rows.length;
}

/** Opens a store whose connections `terminate` finds. */
async function openNamed(schema: PostgresqlSchema, options?: StoreOptions) {
  const url = new URL(await schema.url());
  url.searchParams.set("application_name", schema.name);
  return schema.closeLater(await openStore(url.href, options));
}

describe("PostgreSQL that ends connections", () => {
  const schema = usePostgresqlSchema();

  it("undoes an open transaction, which rejects with Store; the store goes on", async () => {
    const store = await openNamed(schema());
    await createNotes(store);
    const broken = store.transaction(async (transaction) => {
      await addNotes(transaction, 1);
      await store.log.append(transaction, Uint8Array.of(1));
      expect(await terminate(schema())).toBeGreaterThan(1);
      await addNotes(transaction, 2);
    });
    await expectCode(broken, "Store", /connection/);
    expect(await noteIds(store)).toEqual([]);
    await store.transaction((transaction) => addNotes(transaction, 3));
    await appendNumbers(store, 4);
    expect([await noteIds(store), await logNumbers(store)]).toEqual([[3], [4]]);
  });

  it("R80: lets another server lead where the master stands still in a transaction", async () => {
    const halted = await openNamed(schema(), { busyMsMax: 300 });
    const other = await openNamed(schema());
    const entry = { url: "http://one", duty: "live", kind: "both", clients: 0, sequence: 0, agreed: "{}" } as const;
    const lead = { mayLead: true, leaseMs: 0, forgetMs: 1e7 };
    const { master } = await halted.servers.beat({ ...entry, serverId: "one" }, lead);
    const [locked, stands] = [gate(), gate()];
    const broken = halted.transaction(async (transaction) => {
      expect(await halted.servers.isMaster(master!, transaction)).toBe(true);
      locked.open();
      await stands.passed;
      await halted.links.set("paris", "too late", transaction);
    });
    const refused = expectCode(broken, "Store");
    await locked.passed;
    const seen = await other.servers.beat({ ...entry, url: "http://two", serverId: "two" }, lead);
    expect(seen.master).toEqual({ serverId: "two", token: master!.token + 1 });
    stands.open();
    await refused;
    expect(await other.links.get("paris")).toBeUndefined();
  });

  it("keeps nothing of a transaction that it ends before the commit", async () => {
    const store = await openNamed(schema());
    const broken = store.transaction(async (transaction) => {
      await store.log.append(transaction, Uint8Array.of(1));
      await terminate(schema());
    });
    await expectCode(broken, "Store", /connection/);
    expect(await logNumbers(store)).toEqual([]);
  });

  it("breaks a snapshot and its stream off with Store", async () => {
    const store = await openNamed(schema());
    await createNotes(store);
    await store.transaction((transaction) => addNotes(transaction, ...Array.from({ length: 300 }, (_, id) => id)));
    const broken = store.snapshot(async (snapshot) => {
      for await (const batch of snapshot.stream("SELECT id FROM notes")) {
        expect(batch.length).toBeLessThan(300);
        await terminate(schema());
      }
    });
    await expectCode(broken, "Store", /connection/);
    expect(await noteIds(store)).toHaveLength(300);
  });

  it("is asked once more where only reading was broken off", async () => {
    const store = await openNamed(schema());
    await appendNumbers(store, 1);
    for (let round = 0; round < 3; round++) {
      await Promise.all([logNumbers(store), store.clients.list(), store.schemas.list()]);
      await terminate(schema());
      const reads = [
        logNumbers(store),
        store.log.bounds(),
        store.log.size(),
        store.clients.list(),
        store.schemas.get("x"),
      ];
      expect((await Promise.all(reads))[0]).toEqual([1]);
    }
  });

  it("is listened to again, and whoever listens is woken for what was missed", async () => {
    const logger = new SleepLogger();
    const store = await openNamed(schema(), { logger });
    const other = await schema().open();
    const calls = { log: 0, clients: 0 };
    store.log.onNotify(() => calls.log++);
    store.clients.onChange(() => calls.clients++);
    await logger.asleep(1);
    expect(await terminate(schema(), "AND query LIKE '%pg_advisory_lock_shared%'")).toBe(1);
    await expect.poll(() => calls).toEqual({ log: 1, clients: 1 });
    await logger.asleep(2);
    await append(other, Uint8Array.of(1));
    await other.clients.add({ clientId: "c", bitNumber: 1 });
    await expect.poll(() => calls).toEqual({ log: 2, clients: 2 });
  });

  it("numbers nothing twice where it ends who numbers", async () => {
    const store = await openNamed(schema());
    for (let number = 1; number <= 6; number++) {
      await appendNumbers(store, number);
      const [rows] = await Promise.all([
        store.log.read(0, { rowsMax: 100, bytesMax: 100 }).catch(() => []),
        terminate(schema()),
      ]);
      expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
    }
    expect(await logNumbers(store)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("what PostgreSQL refuses", () => {
  const schema = usePostgresqlSchema();

  it("makes the whole transaction reject, also where its work passes over it", async () => {
    const store = await schema().open();
    await createNotes(store);
    const swallowing = store.transaction(async (transaction) => {
      await addNotes(transaction, 1);
      await expectCode(addNotes(transaction, 1), "Store", /duplicate key/);
      await expectCode(addNotes(transaction, 2), "Store", /failed before/);
    });
    await expectCode(swallowing, "Store", /is over/);
    expect(await noteIds(store)).toEqual([]);
  });

  it("ends with the transaction where a statement of the work ended that", async () => {
    const store = await schema().open();
    await createNotes(store);
    const ending = store.transaction(async (transaction) => {
      await addNotes(transaction, 1);
      await transaction.run("COMMIT");
      await addNotes(transaction, 2);
    });
    await expectCode(ending, "Store", /is over/);
    expect(await noteIds(store)).toEqual([1]);
  });

  it("is told in words: deadlocks, locks held for too long, a text with NUL", async () => {
    const store = await schema().open({ busyMsMax: 500 });
    await createNotes(store);
    await store.transaction((transaction) => addNotes(transaction, 1, 2));
    const gates = [gate(), gate()];
    const lock = (first: number, second: number, mine: number) =>
      store.transaction(async (transaction) => {
        await transaction.run("SET LOCAL deadlock_timeout = '50ms'");
        await transaction.run("SET LOCAL lock_timeout = '20s'");
        await transaction.run("UPDATE notes SET body = 'x' WHERE id = ?", [first]);
        gates[mine]!.open();
        await gates[1 - mine]!.passed;
        await transaction.run("UPDATE notes SET body = 'x' WHERE id = ?", [second]);
      });
    const outcomes = await Promise.allSettled([lock(1, 2, 0), lock(2, 1, 1)]);
    const failed = outcomes.find(({ status }) => status === "rejected");
    expect(failed).toMatchObject({
      reason: { code: "Store", message: expect.stringMatching(/waited for each other/) as string },
    });
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);

    await store.transaction(async (transaction) => {
      await transaction.run("UPDATE notes SET body = 'y' WHERE id = 1");
      const other = await schema().open({ busyMsMax: 100 });
      const waiting = other.transaction((its) => its.run("UPDATE notes SET body = 'z' WHERE id = 1"));
      await expectCode(waiting, "Store", /busyMsMax/);
    });
    await expectCode(store.links.set("paris", "a\0b"), "Store", /0x00/);
  });

  it("is told at the opening: Config where the URL is at fault, and never the password", async () => {
    const base = new URL(await postgresqlUrl());
    const wrong = (change: (url: URL) => void): string => {
      const url = new URL(base.href);
      change(url);
      return url.href;
    };
    const secretless = (text: string) => new RegExp(`^(?!.*secret).*${text}`, "s");
    await expectCode(openStore(wrong((url) => (url.pathname = "/nowhere"))), "Config", secretless("nowhere"));
    await expectCode(openStore(wrong((url) => (url.password = "topsecret"))), "Config", secretless("password"));
    await expectCode(openStore("postgres://a:secret@[broken"), "Config", secretless("postgres://user"));
    await expectCode(openStore("postgres://a:secret@127.0.0.1:1/x"), "Store", secretless("ECONNREFUSED"));
    await expectCode(openStore(base.href, { tablesPrefix: "a".repeat(36) }), "Config", /35/);
    await expectCode(openStore(base.href, { tablesPrefix: "a-b" }), "Config", /LiveDistTablesPrefix/);
    await expectCode(openStore(base.href, { busyMsMax: -1 }), "Config", /busyMsMax/);
  });

  it("is told where tables are those of another version", async () => {
    await schema().open();
    await schema().query("UPDATE LiveDistState SET Value = '99' WHERE Name = 'layout'");
    await expectCode(schema().open(), "Store", /layout 99/);
  });

  it("is told where tables are of the layout in which rows waited for their numbers in the log, and nothing is changed", async () => {
    await schema().query(`CREATE TABLE LiveDistState (Name text PRIMARY KEY, Value text);
      CREATE TABLE LiveDistLog (LogId bigint, Sequence bigint); CREATE TABLE LiveDistClients (ClientId text);
      INSERT INTO LiveDistState VALUES ('layout', '1')`);
    await expectCode(schema().open(), "Store", /layout 1, .* has 2/);
    await expect(schema().query(await readScript(""))).rejects.toThrow(/layout 1, this script makes 2/);
    const sql = `SELECT count(*)::int AS count FROM pg_class WHERE relnamespace = '${schema().name}'::regnamespace AND relkind = 'r'`;
    expect(await schema().query(sql)).toEqual([{ count: 3 }]);
  });
});

/** Gives the statements of docs/databases.md for another schema and user. */
async function grantsInManual(schemaName: string, user: string): Promise<string> {
  const manual = await readFile(new URL("../../docs/databases.md", import.meta.url), "utf8");
  const grants = /```sql\n(GRANT USAGE ON SCHEMA livedist [^`]*)```/.exec(manual)![1]!;
  return grants.replaceAll(/\bSCHEMA livedist\b/g, `SCHEMA ${schemaName}`).replaceAll(/\bsite\b/g, user);
}

describe("opening PostgreSQL", () => {
  const schema = usePostgresqlSchema();

  it("creates the tables once, however many open it for the first time at once", async () => {
    await schema().url();
    const stores = await Promise.all(Array.from({ length: 6 }, () => schema().open()));
    const epochs = await Promise.all(stores.map(async (store) => (await store.log.bounds()).epoch));
    expect(new Set(epochs).size).toBe(1);
    await Promise.all(stores.map((store, index) => appendNumbers(store, index)));
    expect(await logNumbers(stores[0]!)).toHaveLength(6);
  });

  it("finds tables that the script has made by hand, and leaves them as they are when it runs again", async () => {
    const script = await readScript("p_");
    await schema().query(script);
    const store = await schema().open({ tablesPrefix: "p_" });
    await appendNumbers(store, 1);
    const bounds = await store.log.bounds();
    await schema().query(script);
    expect(await store.log.bounds()).toEqual(bounds);
    await appendNumbers(store, 2);
    expect(await logNumbers(store)).toEqual([1, 2]);
  });

  it("serves a user with the permissions that the manual names, and no more", async () => {
    const owner = await schema().open();
    const user = `user_${schema().name}`;
    await schema().query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'; ${await grantsInManual(schema().name, user)}`);
    const url = new URL(await schema().url());
    url.username = user;
    const store = await openStore(url.href);
    try {
      await appendNumbers(store, 1, 2);
      expect(await logNumbers(store)).toEqual([1, 2]);
      await store.snapshot((snapshot) => snapshot.logBounds());
      await store.log.trim(1, [{ techId: new Uint8Array(16), className: "A", sequence: 1, isDeleted: true }]);
      expect(await collect(store.log.changes())).toHaveLength(1);
      await store.clients.add({ clientId: "c", bitNumber: 1 });
      await store.clients.remove("c");
      await store.schemas.put("v1", "text");
      await store.links.set("paris", "state");
      await store.log.newEpoch();
      await expectCode(
        store.transaction((transaction) => transaction.run("CREATE TABLE mine (id int)")),
        "Store",
        /permission/,
      );
    } finally {
      await store.close();
      await owner.close();
      await schema().query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
    }
  });

  it("takes no more connections than its limits add up to", async () => {
    const url = new URL(await schema().url());
    url.searchParams.set("application_name", schema().name);
    const store = schema().closeLater(await openStore(url.href));
    await Promise.all(Array.from({ length: 60 }, (_, number) => append(store, Uint8Array.of(number))));
    await Promise.all(
      Array.from({ length: 60 }, () => Promise.all([store.log.bounds(), store.snapshot((it) => it.all("SELECT 1"))])),
    );
    expect(await logNumbers(store)).toHaveLength(60);
    const [row] = await schema().query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = '${schema().name}'`,
    );
    // One listens.
    expect(row!["n"]).toBeLessThanOrEqual(STORE_TRANSACTIONS_MAX + STORE_SNAPSHOTS_MAX + STORE_READS_MAX + 1);
  });
});
