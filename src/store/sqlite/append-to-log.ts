import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteTables } from "./sqlite-tables.js";

/** Appends one row in the transaction that is open on a connection. */
export function appendToLog(
  connection: SqliteConnection,
  tables: SqliteTables,
  deltaBuffer: Uint8Array,
  nowMs: number,
): void {
  // The newest row gives what this one goes on from: see the columns' comments in LiveDistDB.sqlite.sql.
  const newest = connection.first(`SELECT AppendedAt, BytesThrough FROM ${tables.log} ORDER BY Sequence DESC LIMIT 1`);
  const appendedAt = Math.max(Math.floor(nowMs), Number(newest?.AppendedAt ?? 0));
  const bytesThrough = Number(newest?.BytesThrough ?? 0) + deltaBuffer.length;
  const sql = `INSERT INTO ${tables.log} (AppendedAt, BytesThrough, DeltaBuffer) VALUES (?, ?, ?)`;
  connection.run(sql, [appendedAt, bytesThrough, deltaBuffer]);
}
