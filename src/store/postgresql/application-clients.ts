import type pg from "pg";
import { LiveDistError } from "../../base/errors.js";
import { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlPool } from "./postgresql-pool.js";
import type { PostgresqlTables } from "./postgresql-tables.js";

/** Takes an application's own pg Client, or one of its Pool, where it is on the same database as the store. */
export class ApplicationClients {
  readonly #pool: PostgresqlPool;
  readonly #tables: PostgresqlTables;
  readonly #known = new WeakMap<pg.ClientBase, PostgresqlConnection>();
  readonly #verified = new WeakMap<pg.ClientBase, PostgresqlConnection>();

  constructor(pool: PostgresqlPool, tables: PostgresqlTables) {
    this.#pool = pool;
    this.#tables = tables;
  }

  /** Gives the connection of a client with a transaction open, at once where it is known. Rejects with Store where it is something else. */
  connectionOf(candidate: unknown): PostgresqlConnection | Promise<PostgresqlConnection> {
    const verified = this.#verified.get(candidate as pg.ClientBase);
    return verified?.inTransaction ? verified : this.#check(candidate);
  }

  async #check(candidate: unknown): Promise<PostgresqlConnection> {
    if (!isClient(candidate)) {
      const message = "this is neither a transaction of the store nor a pg Client (not a Pool) with a transaction open";
      throw new LiveDistError("Store", message);
    }
    let connection = this.#known.get(candidate);
    if (connection === undefined) {
      connection = new PostgresqlConnection(candidate, this.#pool.isClosed);
      this.#known.set(candidate, connection);
    }
    await checkTransaction(connection);
    if (!this.#verified.has(candidate)) {
      await this.#verify(connection);
      this.#verified.set(candidate, connection);
    }
    return connection;
  }

  /** The table of the log is the same one where the server started at the same microsecond and calls it the same. */
  async #verify(connection: PostgresqlConnection): Promise<void> {
    const sql = `SELECT concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), current_database(), to_regclass(?)::oid) AS identity`;
    const identityOn = async (one: PostgresqlConnection) => (await one.first(sql, [this.#tables.log]))?.identity;
    const [theirs, ours] = [await identityOn(connection), await this.#pool.read(identityOn)];
    if (theirs !== ours)
      throw new LiveDistError("Store", "this client is connected to another database than the store");
  }
}

// By its shape: an application may bring another copy of pg. A Pool would run each statement wherever it likes.
function isClient(candidate: unknown): candidate is pg.ClientBase {
  if (typeof candidate !== "object" || candidate === null) return false;
  return "query" in candidate && "escapeIdentifier" in candidate && !("totalCount" in candidate);
}

async function checkTransaction(connection: PostgresqlConnection): Promise<void> {
  if (connection.inTransaction === true) return;
  // Its BEGIN may be on the way: what the server answers comes behind that.
  if (connection.inTransaction === false) await connection.script("");
  else await probe(connection);
  if (connection.inTransaction !== false) return;
  throw noTransactionError();
}

/** Asks the server itself, for an older pg that cannot tell: a savepoint is refused outside of a transaction. */
async function probe(connection: PostgresqlConnection): Promise<void> {
  try {
    await connection.script("SAVEPOINT livedist_probe; RELEASE SAVEPOINT livedist_probe");
  } catch (error) {
    const cause = error instanceof LiveDistError ? (error.cause as { code?: unknown } | undefined) : undefined;
    throw cause?.code === "25P01" ? noTransactionError() : error;
  }
}

function noTransactionError(): LiveDistError {
  const message = "no transaction is open on this client: BEGIN one, and COMMIT it when what was called has resolved";
  return new LiveDistError("Store", message);
}
