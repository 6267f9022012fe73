import { LiveDistError } from "../../base/errors.js";
import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import { numberThese, type LogStatements } from "./log-statements.js";
import type { Runner } from "./requests.js";
import type { SqlServerHost } from "./sqlserver-host.js";

/**
 * Locks the row of the lease until the transaction ends, so that nobody else numbers, and numbers the rows that were committed
 * before; gives the last number. It takes no lease: whoever has the lock may number. Rejects with Store where there are too
 * many of them for one statement.
 */
export async function holdEnd(transaction: Runner, host: SqlServerHost, sql: LogStatements): Promise<number> {
  await transaction.query(sql.lockLease);
  // Looked for elsewhere, in a snapshot: the transaction itself would wait for all those who are appending.
  const { rows } = await host.read((runner) => runner.query(sql.unnumbered));
  if (rows.length > STREAM_BATCH_ROWS_MAX) {
    throw new LiveDistError("Store", "many rows of the log wait for their numbers; try again later");
  }
  const ids = rows.map((row) => Number(row["LogId"]));
  if (ids.length > 0) await transaction.query(numberThese(host.tables, ids.length), ids);
  const [row] = (await transaction.query(sql.lastSequence)).rows;
  return Number(row!["LastSequence"]);
}
