import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Reception } from "../../src/entities/reception.js";
import { expectCode, logNumbers, readLog } from "./contract-setup.js";
import { PostgresqlSchema, usePostgresqlSchema } from "./postgresql-databases.js";

const Thing = deltaClass("Thing", { name: string() });
const things = makeSchema("v1", [Thing]);
const delta = (oper: "CREATE") =>
  Thing.delta({
    oper,
    techId: "00000000-0000-4000-8000-000000000001",
    updateTime: new Date(0),
    topics: ["A"],
    fields: { name: "a" },
  });

describe("append in the application's own transaction of pg", () => {
  const schema = usePostgresqlSchema();
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  afterEach(() => void process.off("warning", hear));

  it("is committed and rolled back with it", async () => {
    const store = await schema().open();
    const client = await schema().client();
    await client.query("CREATE TABLE mine (id int)");
    for (const [number, end] of [
      [1, "COMMIT"],
      [2, "ROLLBACK"],
      [3, "COMMIT"],
    ] as const) {
      await client.query("BEGIN");
      await client.query("INSERT INTO mine VALUES ($1)", [number]);
      await store.log.append(client, Uint8Array.of(number));
      expect(await logNumbers(store)).not.toContain(number);
      await client.query(end);
    }
    expect(await logNumbers(store)).toEqual([1, 3]);
    expect((await client.query("SELECT id FROM mine")).rows).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it("takes a client of a Pool, whatever its search_path, and a BEGIN that is still on the way", async () => {
    const store = await schema().open();
    const pool = new pg.Pool({ connectionString: (await schema().url()).replace(/\?.*/, "") });
    const client = await pool.connect();
    try {
      const begun = client.query("BEGIN");
      await store.log.append(client, Uint8Array.of(1));
      await begun;
      await client.query("COMMIT");
    } finally {
      client.release();
      await pool.end();
    }
    expect(await logNumbers(store)).toEqual([1]);
  });

  it("takes a client of a pg that cannot tell whether a transaction is open", async () => {
    const store = await schema().open();
    const client = await schema().client();
    Object.defineProperty(client, "getTransactionStatus", { value: undefined });
    await expectCode(store.log.append(client, Uint8Array.of(1)), "Store", /no transaction is open/);
    await client.query("BEGIN");
    await store.log.append(client, Uint8Array.of(2));
    await client.query("COMMIT");
    expect(await logNumbers(store)).toEqual([2]);
  });

  it("is refused where no transaction is open, or none that can go on", async () => {
    const store = await schema().open();
    const client = await schema().client();
    await expectCode(store.log.append(client, Uint8Array.of(1)), "Store", /no transaction is open/);
    await client.query("BEGIN");
    await expect(client.query("SELECT 1/0")).rejects.toThrow();
    await expectCode(store.log.append(client, Uint8Array.of(1)), "Store", /failed before/);
    await client.query("ROLLBACK");
    expect(await logNumbers(store)).toEqual([]);
  });

  it("is refused to a Pool, and to a client of another database or schema without the tables", async () => {
    const store = await schema().open();
    const pool = new pg.Pool({ connectionString: await schema().url() });
    await expectCode(store.log.append(pool, Uint8Array.of(1)), "Store", /not a Pool/);
    await pool.end();
    const url = new URL(await schema().url());
    const admin = await schema().client();
    const name = `other_${schema().name}`;
    await admin.query(`CREATE DATABASE ${name}`);
    url.pathname = `/${name}`;
    const stranger = new pg.Client(url.href);
    try {
      await stranger.connect();
      await stranger.query("BEGIN");
      await expectCode(store.log.append(stranger, Uint8Array.of(1)), "Store", /another database/);
    } finally {
      await stranger.end();
      await admin.query(`DROP DATABASE ${name}`);
    }
  });

  it("is what Reception does, with the schema, and without a warning of pg", async () => {
    process.on("warning", hear);
    const store = await schema().open();
    const client = await schema().client();
    const reception = new Reception(store, things);
    await client.query("BEGIN");
    await reception.append(client, [delta("CREATE")]);
    await client.query("ROLLBACK");
    expect(await store.schemas.list()).toEqual([]);
    await client.query("BEGIN");
    await reception.append(client, [delta("CREATE")]);
    await client.query("COMMIT");
    await reception.notifyDeltaServer();
    expect((await store.schemas.list()).map(({ name }) => name)).toEqual(["v1"]);
    expect(await readLog(store)).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it("goes to the log of the site whose schema and prefix the store has", async () => {
    const other = new PostgresqlSchema();
    try {
      const [mine, prefixed, theirs] = [
        await schema().open(),
        await schema().open({ tablesPrefix: "Two_" }),
        await other.open(),
      ];
      const client = await schema().client();
      await client.query("BEGIN");
      await mine.log.append(client, Uint8Array.of(1));
      await prefixed.log.append(client, Uint8Array.of(2));
      await theirs.log.append(client, Uint8Array.of(3));
      await client.query("COMMIT");
      expect([await logNumbers(mine), await logNumbers(prefixed), await logNumbers(theirs)]).toEqual([[1], [2], [3]]);
    } finally {
      await other.cleanup();
    }
  });
});
