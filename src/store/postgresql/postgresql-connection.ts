import type pg from "pg";
import type { SqlRow, SqlValue } from "../store.js";
import { numberedMarkers } from "./numbered-markers.js";
import { closedError, storeError } from "./postgresql-errors.js";
import { sqlTypes, toPostgresql } from "./postgresql-values.js";

type Result = pg.QueryResult<Record<string, SqlValue>>;

/**
 * One of the driver's own statements that are run again and again: the server parses and plans it once for each connection,
 * under a name that no other statement has.
 */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * One connection, with our values and our errors: everything rejects with Store where PostgreSQL refuses, and with Closed once
 * its store is closed. Statements that are not awaited follow one another.
 */
export class PostgresqlConnection {
  readonly #client: pg.ClientBase;
  readonly #isClosed: () => boolean;
  /** Statements that have begun or wait for their turn. */
  #underWay = 0;
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
  run(sql: string, parameters?: readonly SqlValue[]): Promise<number> {
    return this.#run(sql, parameters, ({ rowCount }) => rowCount ?? 0);
  }

  all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]> {
    return this.#run(sql, parameters, rowsOf);
  }

  /** Gives the first row, or undefined. */
  first(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow | undefined> {
    return this.#run(sql, parameters, ({ rows }) => rows[0]);
  }

  /** Runs a statement and gives what PostgreSQL says that it did, "COMMIT" for instance. */
  command(sql: string): Promise<string> {
    return this.#run(sql, [], ({ command }) => command);
  }

  /** Runs a prepared statement. Its parameters are texts, bytes and whole numbers: these pg takes as they are. */
  prepared({ name, text }: PreparedStatement, values: SqlValue[]): Promise<SqlRow[]> {
    return this.#inTurn({ name, text, values, types: sqlTypes }, rowsOf);
  }

  /** Runs a statement whose parameters are arrays, one for each column of many rows. */
  arrays(sql: string, parameters: readonly (readonly SqlValue[])[]): Promise<void> {
    return this.#inTurn({ text: numberedMarkers(sql), values: parameters.map(toPostgresql) }, () => undefined);
  }

  /** Runs statements without parameters in one go; gives the rows of the last. */
  script(sql: string): Promise<SqlRow[]> {
    // Of several statements pg gives several results.
    return this.#inTurn({ text: sql, types: sqlTypes }, (results) => [results].flat().at(-1)!.rows);
  }

  #run<T>(sql: string, parameters: readonly SqlValue[] = [], toValue: (result: Result) => T): Promise<T> {
    return this.#inTurn({ text: numberedMarkers(sql), values: toPostgresql(parameters), types: sqlTypes }, toValue);
  }

  /** pg takes one statement after the other. */
  #inTurn<T>(statement: pg.QueryConfig, toValue: (result: Result) => T): Promise<T> {
    const isFree = this.#underWay++ === 0;
    const sent = isFree ? this.#send(statement, toValue) : this.#sendBehind(this.#last, statement, toValue);
    this.#last = sent;
    return sent;
  }

  async #sendBehind<T>(last: Promise<unknown>, statement: pg.QueryConfig, toValue: (result: Result) => T): Promise<T> {
    await last.catch(() => undefined);
    return this.#send(statement, toValue);
  }

  /** Makes one promise, where pg would make two and each way around them more: an append should cost what its INSERT costs. */
  #send<T>(statement: pg.QueryConfig, toValue: (result: Result) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed()) {
        this.#underWay--;
        reject(closedError());
        return;
      }
      this.#client.query(statement, (error: unknown, result?: Result) => {
        this.#underWay--;
        if (result !== undefined) resolve(toValue(result));
        else reject(this.#isClosed() ? closedError() : storeError(error));
      });
    });
  }
}

function rowsOf({ rows }: Result): SqlRow[] {
  return rows;
}
