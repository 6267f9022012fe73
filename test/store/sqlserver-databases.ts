import mssql from "mssql";
import { afterAll, afterEach, vi } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import { connectionSettings } from "../../src/store/sqlserver/connection-settings.js";
import { poolConfig } from "../../src/store/sqlserver/pool-config.js";
import type { StoreOptions } from "../../src/store/store-options.js";
import type { Store } from "../../src/store/store.js";
import type { OpenedStore } from "./contract-setup.js";

/**
 * The server that tests run on: a connection string in ADO form or a URL, whose login may create databases. The tests make
 * databases of their own and remove them; the one that the string names is only connected to.
 */
const given = process.env["LIVEDIST_TEST_MSSQL"]?.trim();
export const sqlServerUrl = given === "" ? undefined : given;

/** Servers other than SQL Server that speak its language take seconds to create tables. */
export const SQLSERVER_TEST_MS_MAX = 180_000;

/** Names the server once more, with another database. */
function stringFor(database: string): string {
  if (!/^(mssql|sqlserver):/i.test(sqlServerUrl!)) return `${sqlServerUrl!};Database=${database}`;
  const url = new URL(sqlServerUrl!);
  url.pathname = [...url.pathname.split("/").slice(0, -1), database].join("/");
  return url.href;
}

async function connect(connectionString: string, connectionsMax: number): Promise<mssql.ConnectionPool> {
  const pool = new mssql.ConnectionPool(poolConfig(connectionSettings(connectionString), connectionsMax));
  pool.on("error", () => undefined);
  await pool.connect();
  return pool;
}

/** Runs a batch on a connection of its own to the server. */
async function runBatch(sql: string): Promise<void> {
  const pool = await connect(sqlServerUrl!, 1);
  try {
    await pool.request().batch(sql);
  } finally {
    await pool.close();
  }
}

async function dropTables(connectionString: string): Promise<void> {
  const pool = await connect(connectionString, 1);
  try {
    const { recordset } = await pool.request().query<{ name: string }>("SELECT name FROM sys.tables");
    if (recordset.length > 0)
      await pool.request().batch(recordset.map(({ name }) => `DROP TABLE [${name}];`).join(" "));
  } finally {
    await pool.close();
  }
}

let names = 0;
/** Databases that no test uses now: to create one takes longer than to empty one. */
const idle: string[] = [];
const created: string[] = [];

async function takeDatabase(): Promise<string> {
  const free = idle.pop();
  if (free !== undefined) return free;
  const name = `livedist_test_${process.pid}_${++names}`;
  await runBatch(`CREATE DATABASE ${name}`);
  created.push(name);
  return name;
}

/** A database of one test, and what is opened in it. */
export class SqlServerDatabase {
  readonly #closing: (() => Promise<unknown>)[] = [];
  #name: Promise<string> | undefined;

  async connectionString(): Promise<string> {
    this.#name ??= takeDatabase();
    return stringFor(await this.#name);
  }

  async open(options: StoreOptions = {}): Promise<Store> {
    const store = await openStore(await this.connectionString(), options);
    this.#closing.push(() => store.close());
    return store;
  }

  /** Connects as an application does that brings its own pool. */
  async pool(): Promise<mssql.ConnectionPool> {
    const pool = await connect(await this.connectionString(), 4);
    this.#closing.push(() => pool.close());
    return pool;
  }

  async cleanup(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
    if (this.#name === undefined) return;
    await dropTables(await this.connectionString());
    idle.push(await this.#name);
  }
}

/** A server may take a connection that was just closed for one in use. */
async function dropDatabase(name: string): Promise<void> {
  await vi.waitFor(() => runBatch(`DROP DATABASE ${name}`), { timeout: 10_000, interval: 200 });
}

/** Removes what tests have created, at the end of their suite. */
export function removeDatabases(): void {
  afterAll(async () => {
    idle.length = 0;
    for (const name of created.splice(0)) await dropDatabase(name);
  });
}

/** Gives the database of the test that runs, and empties it after it. */
export function useSqlServerDatabase(): () => SqlServerDatabase {
  let database: SqlServerDatabase | undefined;
  afterEach(async () => {
    await database?.cleanup();
    database = undefined;
  });
  return () => (database ??= new SqlServerDatabase());
}

export async function openSqlServer(options?: StoreOptions): Promise<OpenedStore> {
  const database = new SqlServerDatabase();
  const store = await database.open(options);
  return { store, reopen: () => database.open(options), cleanup: () => database.cleanup() };
}
