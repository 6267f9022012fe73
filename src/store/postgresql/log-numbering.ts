import { LOG_NUMBERED_ROWS_MAX, STORE_LEASE_MS } from "../../base/limits.js";
import type { LogBounds, LogRow, SqlRow, SqlValue } from "../store.js";
import { limitIdle } from "./limit-idle.js";
import type { PostgresqlConnection, PreparedStatement } from "./postgresql-connection.js";
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
  readonly #numberLog: PreparedStatement;
  readonly #numberAndRead: PreparedStatement;
  #token = 0;
  #seen = NOTHING_SEEN;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<number> | undefined;
  #numbered = 0;
  #isBehind = false;

  /** `logChannel` is a name that no other log in the database has. */
  constructor(pool: PostgresqlPool, tables: PostgresqlTables, logChannel: string) {
    this.#pool = pool;
    this.#tables = tables;
    this.#numberLog = {
      name: `number_${logChannel}`,
      text: `SELECT held, seen, numbered FROM ${tables.numberLog}($1, $2, $3, $4, false)`,
    };
    this.#numberAndRead = {
      name: `number_and_read_${logChannel}`,
      text: `SELECT heldNow AS held, seenNow AS seen, numberedNow AS numbered, rowSequence AS sequence, rowBytes AS bytes
        FROM ${tables.numberAndRead}($1, $2, $3, $4, $5, $6, $7)`,
    };
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
    return this.#pool.begin(`BEGIN ISOLATION LEVEL READ COMMITTED; SELECT ${limitIdle}`, async (numbering) => {
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

  /**
   * Numbers committed rows, as `number` does, and reads rows of the log in the same statement, since whoever follows the log does
   * both each time. It gives none only where no committed row was left when it began: rows that wait for another store, which
   * holds the lease, it numbers itself before it would give none. It waits for no call under way: two at once take turns at the
   * lock of the lease.
   */
  async numberAndRead(after: number, limits: { rowsMax: number; bytesMax: number }): Promise<LogRow[]> {
    const values = [...this.#values, after, limits.rowsMax, limits.bytesMax];
    const rows = await this.#pool.read((connection) => connection.prepared(this.#numberAndRead, values));
    this.#took(rows.pop());
    return rows.map(({ sequence, bytes }) => ({ sequence, deltaBuffer: bytes }) as unknown as LogRow);
  }

  async #number(): Promise<number> {
    const [row] = await this.#pool.read((connection) => connection.prepared(this.#numberLog, this.#values));
    return this.#took(row);
  }

  get #values(): SqlValue[] {
    return [this.#token, this.#seen, STORE_LEASE_MS, LOG_NUMBERED_ROWS_MAX];
  }

  /** Takes note of how a numbering went; gives how many rows were numbered. */
  #took(row: SqlRow | undefined): number {
    // Another call may have taken the lease since this one looked; a token that is none any more is passed over under the lock.
    const held = Number(row!.held);
    if (held !== 0) this.#token = held;
    this.#seen = String(row!.seen);
    const numbered = Number(row!.numbered ?? 0);
    this.#numbered += numbered;
    this.#isBehind = numbered === LOG_NUMBERED_ROWS_MAX;
    return numbered;
  }
}
