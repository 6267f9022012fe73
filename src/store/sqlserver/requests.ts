import type mssql from "mssql";
import type { SqlRow, SqlValue } from "../store.js";
import { storeError } from "./sqlserver-errors.js";
import { fromSqlServer, type ResultColumn } from "./sqlserver-values.js";
import { statement, withLockTimeout, type Statement, type StatementInput } from "./statement.js";

/** What a statement gave. */
export interface Result {
  /** The rows of the last result set. */
  readonly rows: SqlRow[];
  /** How many rows were changed, or given. */
  readonly count: number;
}

/** Something that runs statements: a pool of connections, or the connection of one transaction. */
export interface Runner {
  /** Runs a statement with `?` for its parameters. Rejects with Store where the database refuses. */
  query(sql: string, parameters?: readonly SqlValue[]): Promise<Result>;
}

/** How mssql gives rows as arrays. */
interface ArrayResult {
  readonly recordsets: readonly (readonly (readonly unknown[])[])[];
  readonly columns?: readonly (readonly ResultColumn[])[];
  readonly rowsAffected: readonly number[];
}

/** Runs statements through requests of mssql, and knows which are running. */
export class Requests implements Runner {
  readonly #make: () => mssql.Request;
  readonly #lockMsMax: number;
  readonly #bind: Bind;
  readonly #running = new Set<mssql.Request>();

  /** `make` gives a new request each time, `bind` gives it a parameter. */
  constructor(make: () => mssql.Request, lockMsMax: number, bind: Bind = bindTyped) {
    this.#make = make;
    this.#lockMsMax = lockMsMax;
    this.#bind = bind;
  }

  query(sql: string, parameters?: readonly SqlValue[]): Promise<Result> {
    return this.run(() => withLockTimeout(statement(sql, parameters), this.#lockMsMax));
  }

  /** Runs a statement that `make` gives. Rejects with what it throws. */
  async run(make: () => Statement): Promise<Result> {
    const { text, inputs } = make();
    const request = this.#make();
    this.#running.add(request);
    try {
      request.arrayRowMode = true;
      for (const input of inputs) this.#bind(request, input);
      return toResult((await request.query(text)) as unknown as ArrayResult);
    } catch (error) {
      throw storeError(error);
    } finally {
      this.#running.delete(request);
    }
  }

  /** Runs a batch of a script, as it stands: some statements have to be the first of their batch. */
  async batch(text: string): Promise<void> {
    try {
      await this.#make().batch(text);
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Makes what is running reject. */
  cancel(): void {
    for (const request of this.#running) request.cancel();
  }
}

type Bind = (request: mssql.Request, input: StatementInput) => void;

function bindTyped(request: mssql.Request, { name, type, value }: StatementInput): void {
  request.input(name, type, value);
}

function toResult({ recordsets, columns = [], rowsAffected }: ArrayResult): Result {
  const rows = recordsets.at(-1) ?? [];
  return { rows: fromSqlServer(columns.at(-1) ?? [], rows), count: rowsAffected.reduce((sum, one) => sum + one, 0) };
}
