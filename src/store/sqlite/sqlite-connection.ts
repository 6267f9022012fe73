import Database from "better-sqlite3";
import { LiveDistError } from "../../base/errors.js";
import { STORE_STATEMENTS_MAX } from "../../base/limits.js";
import type { SqlRow, SqlValue } from "../store.js";
import { storeError } from "./sqlite-errors.js";
import { fromSqlite, toSqlite } from "./sqlite-values.js";

type Statement = Database.Statement<unknown[], Record<string, SqlValue>>;

/**
 * One connection to a database, with our values and our errors: everything throws Store where SQLite refuses, and Closed
 * after `close`. Prepared statements are kept. Synchronous, as better-sqlite3 is.
 */
export class SqliteConnection {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Statement>();
  readonly #iterations = new Set<Iterator<unknown>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Opens a file, or ":memory:". A lock is refused at once: BusyWait does the waiting. */
  static open(path: string): SqliteConnection {
    try {
      return new SqliteConnection(new Database(path, { timeout: 0 }));
    } catch (error) {
      throw storeError(error);
    }
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  /** Runs a statement and gives the number of rows changed. */
  run(sql: string, parameters: readonly SqlValue[] = []): number {
    return this.#guard(() => this.#statement(sql).run(toSqlite(parameters)).changes);
  }

  /** Gives all rows of a statement; none where it is of a kind that gives none. */
  all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    return this.#guard(() => {
      const statement = this.#statement(sql);
      if (statement.reader) return statement.all(toSqlite(parameters)).map(fromSqlite);
      statement.run(toSqlite(parameters));
      return [];
    });
  }

  /** Gives the first row, or undefined. */
  first(sql: string, parameters: readonly SqlValue[] = []): SqlRow | undefined {
    return this.all(sql, parameters)[0];
  }

  /** Gives rows one by one while SQLite finds them. What begins an iteration also ends it, or `endIterations` does. */
  *iterate(sql: string, parameters: readonly SqlValue[] = []): Generator<SqlRow, undefined> {
    const rows = this.#guard(() => this.#statement(sql).iterate(toSqlite(parameters)));
    this.#begin(rows);
    try {
      for (;;) {
        const next = this.#guard(() => rows.next());
        if (next.done) return;
        yield fromSqlite(next.value);
      }
    } finally {
      this.#end(rows);
    }
  }

  /** Runs a script of many statements. */
  script(sql: string): void {
    this.#guard(() => this.#database.exec(sql));
  }

  /** Opens a copy of an in-memory database, as it is now, to be read. */
  copy(): SqliteConnection {
    return this.#guard(() => new SqliteConnection(new Database(this.#database.serialize(), { readonly: true })));
  }

  endIterations(): void {
    for (const rows of this.#iterations) this.#end(rows);
  }

  /** Undoes the open transaction, if there is one. */
  rollBack(): void {
    this.endIterations();
    if (this.inTransaction) this.run("ROLLBACK");
  }

  /** Ends iterations, undoes an open transaction and closes. May be called twice. */
  close(): void {
    this.endIterations();
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): Statement {
    const kept = this.#statements.get(sql);
    // A statement under iteration cannot be run once more at the same time.
    if (kept && !kept.busy) return kept;
    const statement = this.#database.prepare<unknown[], Record<string, SqlValue>>(sql).safeIntegers(true);
    if (!kept) this.#keep(sql, statement);
    return statement;
  }

  #keep(sql: string, statement: Statement): void {
    if (this.#statements.size >= STORE_STATEMENTS_MAX) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest!);
    }
    this.#statements.set(sql, statement);
  }

  // better-sqlite3 refuses writes while rows are iterated, unless it is told that this is meant; SQLite itself allows them.
  #begin(rows: Iterator<unknown>): void {
    this.#iterations.add(rows);
    if (this.#iterations.size === 1) this.#database.unsafeMode(true);
  }

  #end(rows: Iterator<unknown>): void {
    if (!this.#iterations.delete(rows)) return;
    rows.return?.();
    if (this.#iterations.size === 0) this.#database.unsafeMode(false);
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!this.#database.open) throw new LiveDistError("Closed", "the store is closed");
      throw storeError(error);
    }
  }
}
