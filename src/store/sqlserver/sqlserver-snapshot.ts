import type mssql from "mssql";
import { LiveDistError } from "../../base/errors.js";
import type { LogBounds, Snapshot, SqlValue, Store } from "../store.js";
import type { LogNumbering } from "./log-numbering.js";
import type { LogStatements } from "./log-statements.js";
import { toLogBounds } from "./to-log-bounds.js";
import type { Result } from "./requests.js";
import { SqlServerSession } from "./sqlserver-session.js";

export interface SnapshotParts {
  readonly lockMsMax: number;
  readonly sql: LogStatements;
  readonly numbering: LogNumbering;
  /** Begins another transaction for a snapshot. */
  readonly begin: () => Promise<mssql.Transaction>;
}

export class SqlServerSnapshot extends SqlServerSession implements Snapshot {
  readonly #parts: SnapshotParts;
  #bounds: Promise<LogBounds> | undefined;
  #hasUnnumbered = false;
  #isRead = false;

  constructor(store: Store, transaction: mssql.Transaction, parts: SnapshotParts) {
    super(store, transaction, parts.lockMsMax);
    this.#parts = parts;
  }

  /** Begins: only with its first read does a transaction of SQL Server see one state from then on. */
  async begin(): Promise<void> {
    const { bounds, hasUnnumbered } = await this.#fix();
    this.#bounds = Promise.resolve(bounds);
    this.#hasUnnumbered = hasUnnumbered;
  }

  /** Gives up what the snapshot sees, and sees what is committed now. */
  async moveOn(): Promise<LogBounds> {
    await this.moveTo(this.#parts.begin);
    return (await this.#fix()).bounds;
  }

  /**
   * Where the snapshot sees rows that have no number yet, those would be in its data and come again behind `lastSequence`; so
   * it is moved on to a moment without such rows, which it can be only while nothing was read in it.
   */
  async logBounds(): Promise<LogBounds> {
    this.checkUsable();
    if (this.#hasUnnumbered) {
      if (this.#isRead) {
        throw new LiveDistError(
          "Store",
          "a snapshot has to be asked for the log's bounds before anything is read in it",
        );
      }
      this.#hasUnnumbered = false;
      this.#bounds = this.#parts.numbering.cut(this);
    }
    return this.#bounds!;
  }

  override query(sql: string, parameters?: readonly SqlValue[]): Promise<Result> {
    this.#isRead = true;
    return super.query(sql, parameters);
  }

  override stream(sql: string, parameters?: readonly SqlValue[]) {
    this.#isRead = true;
    return super.stream(sql, parameters);
  }

  /** Finds rows without a number; the snapshot counts as unread still. */
  async unnumbered(): Promise<number[]> {
    const { rows } = await super.query(this.#parts.sql.unnumbered);
    return rows.map((row) => Number(row["LogId"]));
  }

  async #fix(): Promise<{ bounds: LogBounds; hasUnnumbered: boolean }> {
    const [row] = (await super.query(this.#parts.sql.snapshotBounds)).rows;
    return { bounds: toLogBounds(row), hasUnnumbered: (row?.["Unnumbered"] ?? null) !== null };
  }

  /** The database would take it; what is written here would be undone at the end without a word. */
  override run(): Promise<number> {
    return Promise.reject(new LiveDistError("Store", "a snapshot cannot be written to: use a transaction"));
  }
}
