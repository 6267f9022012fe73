import type { SqliteTables } from "./sqlite-tables.js";

/** Writes the statement that appends a row (guide §4.1), from the time, the length of the delta-buffer, and the delta-buffer. */
export function appendSql({ log }: SqliteTables): string {
  // The newest row gives what this one goes on from: see the columns' comments in LiveDistDB.sqlite.sql.
  const newest = (column: string) => `coalesce((SELECT ${column} FROM ${log} ORDER BY Sequence DESC LIMIT 1), 0)`;
  return `INSERT INTO ${log} (AppendedAt, BytesThrough, DeltaBuffer)
    VALUES (max(?, ${newest("AppendedAt")}), ? + ${newest("BytesThrough")}, ?)`;
}
