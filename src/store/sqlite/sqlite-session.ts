import type { Clock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { STREAM_BATCH_BYTES_MAX, STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { SqlRow, SqlSession, SqlValue, Store } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";

/** The SQL of one open transaction: what an application is given as Transaction and, derived, as Snapshot. */
export class SqliteSession implements SqlSession {
  readonly store: Store;
  readonly #connection: SqliteConnection;
  readonly #clock: Clock;
  #ended = false;

  constructor(store: Store, connection: SqliteConnection, clock: Clock) {
    this.store = store;
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Gives the connection, for the driver's own statements. Throws Store where the transaction has ended. */
  get connection(): SqliteConnection {
    this.#checkUsable();
    return this.#connection;
  }

  run(sql: string, parameters?: readonly SqlValue[]): Promise<number> {
    return settle(() => this.connection.run(sql, parameters));
  }

  all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]> {
    return settle(() => this.connection.all(sql, parameters));
  }

  async *stream(sql: string, parameters?: readonly SqlValue[]): AsyncGenerator<SqlRow[], undefined> {
    const rows = this.connection.iterate(sql, parameters);
    try {
      for (;;) {
        const batch = nextBatch(rows);
        if (batch.length === 0) return;
        yield batch;
        await this.pause();
        // Where the transaction has ended meanwhile, the rows look as if they were all.
        this.#checkUsable();
      }
    } finally {
      rows.return(undefined);
    }
  }

  /** Lets everything else that is ready run: SQLite's calls are synchronous. */
  pause(): Promise<void> {
    return new Promise((resolve) => this.#clock.soon(resolve));
  }

  /** Makes everything that still uses the session throw. */
  end(): void {
    this.#ended = true;
    this.#connection.endIterations();
  }

  #checkUsable(): void {
    if (this.#ended)
      throw new LiveDistError("Store", "the transaction or snapshot has ended and cannot be used any more");
    if (!this.#connection.isOpen) throw new LiveDistError("Closed", "the store is closed");
    if (!this.#connection.inTransaction) throw rolledBackError();
  }
}

export function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

/** After some errors SQLite undoes the whole transaction; whatever followed would be committed on its own. */
export function rolledBackError(): LiveDistError {
  return new LiveDistError(
    "Store",
    "the transaction is over: the database rolled it back after an error, or a statement ended it",
  );
}

function nextBatch(rows: Iterator<SqlRow>): SqlRow[] {
  const batch: SqlRow[] = [];
  let bytes = 0;
  while (batch.length < STREAM_BATCH_ROWS_MAX && bytes < STREAM_BATCH_BYTES_MAX) {
    const next = rows.next();
    if (next.done) break;
    batch.push(next.value);
    bytes += sizeOf(next.value);
  }
  return batch;
}

function sizeOf(row: SqlRow): number {
  let size = 0;
  for (const name in row) {
    const value = row[name];
    if (typeof value === "string" || value instanceof Uint8Array) size += value.length;
  }
  return size;
}
