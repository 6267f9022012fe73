import { LiveDistError } from "../../base/errors.js";
import { STORE_LEASE_MS, STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { LogBounds } from "../store.js";
import { numberThese, type LogStatements } from "./log-statements.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import type { SqlServerSnapshot } from "./sqlserver-snapshot.js";

/** How often a snapshot is moved on before it is said that too much is appended meanwhile. */
const CUT_ATTEMPTS = 5;

/**
 * Gives the rows of the log their sequence-numbers, after their commit (protocol: the log and its sequence). Of several
 * stores on one database one does it, who holds the lease; the others read what it has numbered. The lease is taken by
 * whoever finds rows to be numbered while nobody holds it, and it expires STORE_LEASE_MS after it was last used. That a store
 * has lost it shows under the lock of the lease's row, in the transaction that numbers.
 *
 * That transaction sees one state of the database. Reading row by row while others commit, it might see a row and not an
 * earlier one of a transaction that the row's own had waited for.
 */
export class LogNumbering {
  readonly #host: SqlServerHost;
  readonly #sql: LogStatements;
  #token = 0;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(host: SqlServerHost, sql: LogStatements) {
    this.#host = host;
    this.#sql = sql;
  }

  /** Numbers all rows that were committed before the call, if it is for this store to do so. */
  async number(): Promise<void> {
    const { rows } = await this.#host.read((runner) => runner.query(this.#sql.findUnnumbered));
    if (rows.length === 0) return;
    // The call under way may have looked before the caller's rows were committed; the one behind it has not begun to.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const call = this.#numberAll();
      this.#running = call.catch(() => undefined);
      return call;
    });
    return this.#next;
  }

  /**
   * Moves a snapshot on to a moment whose rows are exactly those with a number up to `lastSequence`. The lock of the lease
   * keeps everyone from numbering meanwhile; then the rows that the snapshot sees and that have no number get theirs, before
   * all others. It takes no lease: whoever has the lock may number, the lease only says who does it day by day.
   */
  async cut(snapshot: SqlServerSnapshot): Promise<LogBounds> {
    for (let attempt = 0; attempt < CUT_ATTEMPTS; attempt++) {
      await this.number();
      const bounds = await this.#host.aside(async (session) => {
        await session.query(this.#sql.lockLease);
        const seen = await snapshot.moveOn();
        const unnumbered = await snapshot.unnumbered();
        if (unnumbered.length === 0) return seen;
        if (unnumbered.length > STREAM_BATCH_ROWS_MAX) return undefined;
        await session.query(numberThese(this.#host.tables, unnumbered.length), unnumbered);
        await session.commit();
        // Everyone else who numbers has waited: these are the numbers behind those that the snapshot has seen.
        const { lastSequence } = seen;
        return { ...seen, lastSequence: lastSequence + unnumbered.length };
      });
      if (bounds !== undefined) return bounds;
    }
    throw new LiveDistError("Store", "more is appended to the log than is numbered meanwhile; try again");
  }

  /** Lets others number at once. */
  async release(): Promise<void> {
    const token = this.#token;
    this.#token = 0;
    if (token === 0) return;
    await this.#host.aside(async (session) => {
      await session.run(this.#sql.releaseLease, [token]);
      await session.commit();
    });
  }

  async #numberAll(): Promise<void> {
    while ((await this.#numberSome()) === STREAM_BATCH_ROWS_MAX);
  }

  /** Gives how many rows it has numbered. */
  #numberSome(): Promise<number> {
    return this.#host.isolated(async (session) => {
      const lease = await session.query(this.#sql.takeLease, [this.#token, STORE_LEASE_MS, this.#token]);
      if (lease.count === 0) {
        this.#token = 0;
        return 0;
      }
      const [row] = (await session.query(this.#sql.numberNext)).rows;
      await session.commit();
      this.#token = Number(row!["Token"]);
      return Number(row!["Numbered"]);
    });
  }
}
