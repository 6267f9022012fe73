import type pg from "pg";
import type { SqlRow, SqlValue } from "../store.js";
import { numberedMarkers } from "./numbered-markers.js";
import { closedError, storeError } from "./postgresql-errors.js";
import { sqlTypes, toPostgresql } from "./postgresql-values.js";

type Result = pg.QueryResult<Record<string, SqlValue>>;

/**
 * One connection, with our values and our errors: everything rejects with Store where PostgreSQL refuses, and with Closed once
 * its store is closed. Statements that are not awaited follow one another.
 */
export class PostgresqlConnection {
  readonly #client: pg.ClientBase;
  readonly #isClosed: () => boolean;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: pg.ClientBase, isClosed: () => boolean) {
    this.#client = client;
    this.#isClosed = isClosed;
  }

  get isOpen(): boolean {
    return !this.#isClosed();
  }

  /**
   * Whether a transaction is open, a failed one included, as the server said after the last statement; undefined where the
   * application's pg is too old to tell.
   */
  get inTransaction(): boolean | undefined {
    const status = (this.#client as Partial<Pick<pg.ClientBase, "getTransactionStatus">>).getTransactionStatus?.();
    return status === undefined ? undefined : status === "T" || status === "E";
  }

  /** Runs a statement and gives the number of rows changed. */
  async run(sql: string, parameters?: readonly SqlValue[]): Promise<number> {
    return (await this.query(sql, parameters)).rowCount ?? 0;
  }

  async all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]> {
    return (await this.query(sql, parameters)).rows;
  }

  /** Gives the first row, or undefined. */
  async first(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow | undefined> {
    return (await this.all(sql, parameters))[0];
  }

  query(sql: string, parameters: readonly SqlValue[] = []): Promise<Result> {
    const text = numberedMarkers(sql);
    return this.#inTurn(() => this.#client.query({ text, values: toPostgresql(parameters), types: sqlTypes }));
  }

  /**
   * Runs one of the driver's own statements that are run again and again: the server parses and plans it once for each
   * connection, under a name that no other statement has.
   */
  async prepared(name: string, sql: string, parameters: readonly SqlValue[]): Promise<SqlRow[]> {
    const text = numberedMarkers(sql);
    const values = toPostgresql(parameters);
    return (await this.#inTurn<Result>(() => this.#client.query({ name, text, values, types: sqlTypes }))).rows;
  }

  /** Runs a statement whose parameters are arrays, one for each column of many rows. */
  async arrays(sql: string, parameters: readonly (readonly SqlValue[])[]): Promise<void> {
    const text = numberedMarkers(sql);
    await this.#inTurn(() => this.#client.query(text, parameters.map(toPostgresql)));
  }

  /** Runs statements without parameters in one go; gives the rows of the last. */
  async script(sql: string): Promise<SqlRow[]> {
    const results = await this.#inTurn<Result | Result[]>(() => this.#client.query({ text: sql, types: sqlTypes }));
    return [results].flat().at(-1)!.rows;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#guard(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed()) throw closedError();
    try {
      return await work();
    } catch (error) {
      throw this.#isClosed() ? closedError() : storeError(error);
    }
  }
}
