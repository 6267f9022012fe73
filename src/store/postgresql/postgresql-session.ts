import { LiveDistError } from "../../base/errors.js";
import { STREAM_BATCH_BYTES_MAX, STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { SqlRow, SqlSession, SqlValue, Store } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import { closedError } from "./postgresql-errors.js";

/** Rows of a stream's first batch, from which the size of the next ones is guessed. */
const FIRST_BATCH_ROWS = 64;

/** The SQL of one open transaction: what an application is given as Transaction and, derived, as Snapshot. */
export class PostgresqlSession implements SqlSession {
  readonly store: Store;
  readonly #connection: PostgresqlConnection;
  #cursors = 0;
  #ended = false;

  constructor(store: Store, connection: PostgresqlConnection) {
    this.store = store;
    this.#connection = connection;
  }

  /** Gives the connection, for the driver's own statements. Throws Store where the transaction has ended. */
  get connection(): PostgresqlConnection {
    this.#checkUsable();
    return this.#connection;
  }

  async run(sql: string, parameters?: readonly SqlValue[]): Promise<number> {
    return this.connection.run(sql, parameters);
  }

  async all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]> {
    return this.connection.all(sql, parameters);
  }

  async *stream(sql: string, parameters?: readonly SqlValue[]): AsyncGenerator<SqlRow[], undefined> {
    const cursor = `livedist_${++this.#cursors}`;
    await this.connection.run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, parameters);
    try {
      for (let rows = FIRST_BATCH_ROWS; ;) {
        const batch = await this.connection.all(`FETCH ${rows} FROM ${cursor}`);
        if (batch.length > 0) yield batch;
        if (batch.length < rows) break;
        rows = rowsOfNextBatch(batch);
      }
    } finally {
      if (!this.#ended && this.#connection.isOpen) await this.#connection.run(`CLOSE ${cursor}`).catch(() => undefined);
    }
    // Where the transaction has ended meanwhile, the rows must not look as if they were all.
    this.#checkUsable();
  }

  /** Makes everything that still uses the session throw. */
  end(): void {
    this.#ended = true;
  }

  #checkUsable(): void {
    if (this.#ended)
      throw new LiveDistError("Store", "the transaction or snapshot has ended and cannot be used any more");
    if (!this.#connection.isOpen) throw closedError();
    if (this.#connection.inTransaction === false) throw overError();
  }
}

/** Whatever followed would be committed on its own. */
export function overError(): LiveDistError {
  return new LiveDistError(
    "Store",
    "the transaction is over: the database rolled it back after an error, or a statement ended it",
  );
}

/** Guesses by what the rows of a batch took. */
function rowsOfNextBatch(batch: readonly SqlRow[]): number {
  let bytes = 1;
  for (const row of batch) bytes += sizeOf(row);
  const rows = Math.floor((STREAM_BATCH_BYTES_MAX * batch.length) / bytes);
  return Math.max(1, Math.min(rows, STREAM_BATCH_ROWS_MAX));
}

function sizeOf(row: SqlRow): number {
  let size = 0;
  for (const name in row) {
    const value = row[name];
    if (typeof value === "string" || value instanceof Uint8Array) size += value.length;
  }
  return size;
}
