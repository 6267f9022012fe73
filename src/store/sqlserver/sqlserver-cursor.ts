import { STREAM_BATCH_BYTES_MAX, STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { SqlRow, SqlValue } from "../store.js";
import type { Result } from "./requests.js";
import { statement, type Statement } from "./statement.js";
import { toSqlServer } from "./sqlserver-values.js";

/** Arguments of sp_cursoropen and sp_cursorfetch, as Microsoft's reference of them has them. */
const FAST_FORWARD = 0x10;
const PARAMETERIZED_STATEMENT = 0x1000;
const READ_ONLY = 1;
const FETCH_NEXT = 2;
/** A column that the server may add to what is fetched. */
const ROW_STATUS = "ROWSTAT";
/** Rows of the first fetch, when it is not known yet how large they are. */
const FIRST_ROWS = 64;

/** Parameters: the handle; of a fetch besides the number of rows. */
export const cursorStatements = {
  fetch: `EXEC sp_cursorfetch ?, ${FETCH_NEXT}, 0, ?`,
  close: "EXEC sp_cursorclose ?",
} as const;

type Run = (make: () => Statement) => Promise<Result>;

/**
 * A cursor that the server keeps for a connection. A connection runs one statement at a time, so rows that came of
 * themselves would keep it busy until the last one; from a cursor they are fetched in batches, and other statements run
 * between two of them.
 */
export class SqlServerCursor {
  readonly #run: Run;
  readonly #handle: number;
  #rowsNext = FIRST_ROWS;

  private constructor(run: Run, handle: number) {
    this.#run = run;
    this.#handle = handle;
  }

  static async open(run: Run, sql: string, parameters: readonly SqlValue[] = []): Promise<SqlServerCursor> {
    const { rows } = await run(() => openingStatement(sql, parameters));
    return new SqlServerCursor(run, Number(rows[0]!["Handle"]));
  }

  /** Gives the next rows; none at the end. */
  async fetch(): Promise<SqlRow[]> {
    const { rows } = await this.#run(() => statement(cursorStatements.fetch, [this.#handle, this.#rowsNext]));
    const batch = rows.map(withoutStatus);
    if (batch.length > 0) this.#rowsNext = rowsThatFit(batch);
    return batch;
  }

  async close(): Promise<void> {
    await this.#run(() => statement(cursorStatements.close, [this.#handle]));
  }
}

/** Writes the batch that opens a cursor over a statement and selects its handle. */
export function openingStatement(sql: string, parameters: readonly SqlValue[]): Statement {
  const { text, inputs } = statement(sql, parameters);
  // Babelfish resolves the names in a statement without parameters by those of the last one that had some, long since freed.
  const bound = inputs.length > 0 ? inputs : [{ name: "none", ...toSqlServer(0) }];
  const declarations = bound.map(({ name, declaration }) => `@${name} ${declaration}`).join(", ");
  return {
    text:
      `DECLARE @handle INT, @options INT = ${FAST_FORWARD + PARAMETERIZED_STATEMENT}, @concurrency INT = ${READ_ONLY}, @rows INT; ` +
      "EXEC sp_cursoropen @handle OUTPUT, @statement, @options OUTPUT, @concurrency OUTPUT, @rows OUTPUT, @declarations, " +
      `${bound.map(({ name }) => `@${name}`).join(", ")}; SELECT @handle AS Handle`,
    inputs: [
      { name: "statement", ...toSqlServer(text) },
      { name: "declarations", ...toSqlServer(declarations) },
      ...bound,
    ],
  };
}

function withoutStatus(row: SqlRow): SqlRow {
  if (!(ROW_STATUS in row)) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== ROW_STATUS));
}

/** Goes by the rows just fetched: the next ones are probably as large. */
function rowsThatFit(batch: readonly SqlRow[]): number {
  const bytes = batch.reduce((sum, row) => sum + sizeOf(row), 0);
  const fitting = Math.floor((STREAM_BATCH_BYTES_MAX * batch.length) / Math.max(bytes, 1));
  return Math.min(Math.max(fitting, 1), STREAM_BATCH_ROWS_MAX);
}

function sizeOf(row: SqlRow): number {
  let size = 1;
  for (const value of Object.values(row)) {
    if (typeof value === "string" || value instanceof Uint8Array) size += value.length;
  }
  return size;
}
