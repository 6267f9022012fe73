import { LOG_NUMBERED_ROWS_MAX, STORE_LEASE_MS } from "../../base/limits.js";
import type { LogBounds } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlPool } from "./postgresql-pool.js";
import type { PostgresqlTables } from "./postgresql-tables.js";
import { logStateSql, toLogState } from "./read-log-state.js";

/** Before all transactions. */
const NOTHING_SEEN = "1:1:";

/**
 * Gives the rows of the log their sequence-numbers, after their commit (protocol: the log and its sequence). Of several stores
 * on one database one does it, who holds the lease; the others read what it has numbered. The lease is taken by whoever finds
 * rows to be numbered while nobody holds it, and it expires STORE_LEASE_MS after it was last used. That a store has lost it
 * shows under the lock of the lease's row, in the transaction that numbers: there is no time between the look and the deed.
 */
export class LogNumbering {
  readonly #pool: PostgresqlPool;
  readonly #tables: PostgresqlTables;
  #token = 0;
  #seen = NOTHING_SEEN;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<number> | undefined;
  #numbered = 0;
  #isBehind = false;

  constructor(pool: PostgresqlPool, tables: PostgresqlTables) {
    this.#pool = pool;
    this.#tables = tables;
  }

  /** The token of the lease that this store holds, or has held last; 0 for none. */
  get token(): number {
    return this.#token;
  }

  /** The last moment, a pg_snapshot, of which this store knows that all rows that could be seen then have their numbers. */
  get seen(): string {
    return this.#seen;
  }

  /** How many rows this store has numbered. */
  get numbered(): number {
    return this.#numbered;
  }

  /** Whether the last transaction that numbered left rows to the next. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Writes the statement that reads the state of the log. */
  get stateSql(): string {
    return logStateSql(this.#tables, this.#seen);
  }

  /** Writes what begins a snapshot and reads the state of the log in it: only with its first read is fixed what it sees. */
  get snapshotSql(): string {
    return `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${this.stateSql}`;
  }

  /** Relies no more on what was seen: behind a connection that was lost there may be another database. */
  forget(): void {
    this.#seen = NOTHING_SEEN;
  }

  /** Numbers committed rows, if it is for this store to do so; gives how many. LOG_NUMBERED_ROWS_MAX may not be all. */
  number(): Promise<number> {
    // The call under way may have looked before the caller's rows were committed; the one behind it has not begun to.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const call = this.#number();
      this.#running = call.catch(() => undefined);
      return call;
    });
    return this.#next;
  }

  /** Numbers all rows that were committed before the call, if it is for this store to do so. */
  async numberAll(): Promise<void> {
    while ((await this.number()) === LOG_NUMBERED_ROWS_MAX);
  }

  /**
   * Moves a snapshot, in which nothing was read yet, on to a moment whose rows are exactly those with a number up to
   * `lastSequence`. The lock of the lease keeps everyone from numbering meanwhile; then the rows that the snapshot sees and
   * that have no number get theirs, before all others. It takes no lease: whoever has the lock may number, the lease only says
   * who does it day by day.
   */
  async cut(snapshot: PostgresqlConnection): Promise<LogBounds> {
    await this.numberAll();
    const { lease, unnumbered, numberRows } = this.#tables;
    return this.#pool.begin("BEGIN ISOLATION LEVEL READ COMMITTED", async (numbering) => {
      await numbering.all(`SELECT FROM ${lease} FOR UPDATE`);
      const [row] = await snapshot.script(`ROLLBACK; ${this.snapshotSql}`);
      const [rows] = await snapshot.all(`SELECT array_agg(id)::text AS ids FROM ${unnumbered}('${this.#seen}')`);
      const [last] = await numbering.all(`SELECT ${numberRows}(?::tid[]) AS last`, [rows?.ids ?? "{}"]);
      await numbering.run("COMMIT");
      return { ...toLogState(row).bounds, lastSequence: Number(last!.last) };
    });
  }

  /** Lets others number at once. */
  async release(connection: PostgresqlConnection): Promise<void> {
    if (this.#token === 0) return;
    const sql = `UPDATE ${this.#tables.lease} SET ExpiresAt = '-infinity' WHERE Token = ?`;
    await connection.run(sql, [this.#token]);
  }

  async #number(): Promise<number> {
    const sql = `SELECT held, seen, numbered FROM ${this.#tables.numberLog}(?, ?, ?, ?)`;
    const row = await this.#pool.read((connection) =>
      connection.first(sql, [this.#token, this.#seen, STORE_LEASE_MS, LOG_NUMBERED_ROWS_MAX]),
    );
    this.#token = Number(row!.held);
    this.#seen = String(row!.seen);
    const numbered = Number(row!.numbered);
    this.#numbered += numbered;
    this.#isBehind = numbered === LOG_NUMBERED_ROWS_MAX;
    return numbered;
  }
}
