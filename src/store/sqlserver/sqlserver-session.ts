import type mssql from "mssql";
import { LiveDistError } from "../../base/errors.js";
import type { SqlRow, SqlSession, SqlValue, Store } from "../store.js";
import { Requests, type Result, type Runner } from "./requests.js";
import { SqlServerCursor } from "./sqlserver-cursor.js";
import type { Statement } from "./statement.js";

/** The SQL of one open transaction: what an application is given as Transaction and, derived, as Snapshot. */
export class SqlServerSession implements SqlSession, Runner {
  readonly store: Store;
  #transaction: mssql.Transaction;
  readonly #requests: Requests;
  readonly #cursors = new Set<SqlServerCursor>();
  #last: Promise<unknown> = Promise.resolve();
  #ended: LiveDistError | undefined;
  /** The commit or rollback: mssql takes one of them, once. */
  #finishing: Promise<void> | undefined;

  constructor(store: Store, transaction: mssql.Transaction, lockMsMax: number) {
    this.store = store;
    this.#transaction = transaction;
    this.#requests = new Requests(() => this.#transaction.request(), lockMsMax);
  }

  /** Runs a statement, for the driver's own use. Rejects as `run` does. */
  query(sql: string, parameters?: readonly SqlValue[]): Promise<Result> {
    return this.#inTurn(() => this.#requests.query(sql, parameters));
  }

  async run(sql: string, parameters?: readonly SqlValue[]): Promise<number> {
    return (await this.query(sql, parameters)).count;
  }

  async all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]> {
    return (await this.query(sql, parameters)).rows;
  }

  async *stream(sql: string, parameters?: readonly SqlValue[]): AsyncGenerator<SqlRow[], undefined> {
    const run = (make: () => Statement) => this.#inTurn(() => this.#requests.run(make));
    const cursor = await SqlServerCursor.open(run, sql, parameters);
    this.#cursors.add(cursor);
    try {
      for (;;) {
        const batch = await cursor.fetch();
        if (batch.length === 0) return;
        yield batch;
      }
    } finally {
      if (this.#cursors.delete(cursor) && this.#ended === undefined) await cursor.close();
    }
  }

  /** Commits, when what was begun has run. Rejects with Store where the database has ended the transaction by itself. */
  async commit(): Promise<void> {
    // What the application called and did not await belongs to the transaction all the same.
    await this.#last;
    await this.#closeCursors();
    this.checkUsable();
    this.#end(ended());
    this.#finishing = this.#last.then(() => this.#transaction.commit());
    await this.#finishing;
  }

  /** Undoes everything, when what was begun has run. Never rejects. */
  async rollBack(): Promise<void> {
    await this.#closeCursors().catch(() => undefined);
    this.#end(ended());
    await this.#undo();
  }

  /** Undoes everything at once; what is running and what is called later rejects with the error. Never rejects. */
  async abort(error: LiveDistError): Promise<void> {
    this.#end(error);
    this.#requests.cancel();
    await this.#undo();
  }

  /** Goes on in another transaction; what this one did is undone. */
  protected moveTo(begin: () => Promise<mssql.Transaction>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#transaction.rollback();
      this.#transaction = await begin();
    });
  }

  async #closeCursors(): Promise<void> {
    const cursors = [...this.#cursors];
    this.#cursors.clear();
    for (const cursor of cursors) await cursor.close();
  }

  /** Throws Store where the transaction has ended, Closed where the store has. */
  protected checkUsable(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #end(error: LiveDistError): void {
    this.#ended ??= error;
  }

  async #undo(): Promise<void> {
    this.#finishing ??= this.#last.then(() => this.#transaction.rollback());
    // Where the database or a lost connection has ended the transaction, there is nothing left to undo.
    await this.#finishing.catch(() => undefined);
  }

  /** Lets statements follow one another: a connection runs one at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const result = this.#last.then(() => {
      if (this.#ended !== undefined) throw this.#ended;
      return work();
    });
    this.#last = result.catch(() => undefined);
    return result.catch((error: unknown) => {
      throw this.#ended ?? error;
    });
  }
}

function ended(): LiveDistError {
  return new LiveDistError("Store", "the transaction or snapshot has ended and cannot be used any more");
}
