import type { SqlRow } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteTables } from "./sqlite-tables.js";

/** Reads how much the log holds from its first and last row, however many there are. `oldestMs` is an age. */
export function readLogSize(
  connection: SqliteConnection,
  tables: SqliteTables,
  nowMs: number,
): { rows: number; bytes: number; oldestMs: number | undefined } {
  const oldest = edgeRow(connection, tables, "ASC");
  const newest = edgeRow(connection, tables, "DESC");
  if (!oldest || !newest) return { rows: 0, bytes: 0, oldestMs: undefined };
  return {
    // One writer gives the numbers, and takes those of a rolled back transaction again: there are no gaps.
    rows: Number(newest.Sequence) - Number(oldest.Sequence) + 1,
    bytes: Number(newest.BytesThrough) - Number(oldest.BytesThrough) + Number(oldest.Bytes),
    oldestMs: Math.max(0, nowMs - Number(oldest.AppendedAt)),
  };
}

function edgeRow(connection: SqliteConnection, tables: SqliteTables, order: "ASC" | "DESC"): SqlRow | undefined {
  return connection.first(
    `SELECT Sequence, AppendedAt, BytesThrough, length(DeltaBuffer) AS Bytes FROM ${tables.log} ORDER BY Sequence ${order} LIMIT 1`,
  );
}

/** Finds the newest row appended before a time by halving: no row is stamped earlier than the one before it. */
export function readSequenceBefore(connection: SqliteConnection, tables: SqliteTables, timeMs: number): number {
  const oldest = edgeRow(connection, tables, "ASC");
  const newest = edgeRow(connection, tables, "DESC");
  if (!oldest || !newest) return 0;
  let before = Number(oldest.Sequence) - 1;
  let last = Number(newest.Sequence);
  while (before < last) {
    const middle = Math.ceil((before + last) / 2);
    if (appendedAt(connection, tables, middle) < timeMs) before = middle;
    else last = middle - 1;
  }
  return before < Number(oldest.Sequence) ? 0 : before;
}

/** Gives when a row was appended or, where somebody removed it by hand, the one before it. */
function appendedAt(connection: SqliteConnection, tables: SqliteTables, sequence: number): number {
  const sql = `SELECT AppendedAt FROM ${tables.log} WHERE Sequence <= ? ORDER BY Sequence DESC LIMIT 1`;
  return Number(connection.first(sql, [sequence])!.AppendedAt);
}
