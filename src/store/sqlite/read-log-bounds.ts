import type { LogBounds } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteTables } from "./sqlite-tables.js";

/**
 * Reads what the log holds, in one statement and therefore at one moment. The newest sequence is the one that SQLite
 * remembers for AUTOINCREMENT, which stays when rows are removed.
 */
export function readLogBounds(connection: SqliteConnection, tables: SqliteTables): LogBounds {
  const row = connection.first(
    `SELECT (SELECT Value FROM ${tables.state} WHERE Name = 'epoch') AS epoch,
            (SELECT MIN(Sequence) FROM ${tables.log}) AS first,
            (SELECT seq FROM sqlite_sequence WHERE name = ? COLLATE NOCASE) AS last`,
    [tables.log],
  )!;
  const lastSequence = Number(row.last ?? 0);
  return { epoch: String(row.epoch), firstSequence: Number(row.first ?? lastSequence + 1), lastSequence };
}
