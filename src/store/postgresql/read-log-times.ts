import type { SqlRow } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlTables } from "./postgresql-tables.js";

/** Reads how much the log holds from its first and last row, however many there are. `oldestMs` is an age. */
export async function readLogSize(
  connection: PostgresqlConnection,
  { log }: PostgresqlTables,
  nowMs: number,
): Promise<{ rows: number; bytes: number; oldestMs: number | undefined }> {
  const { oldest, newest } = await edgeRows(connection, log);
  if (!oldest || !newest) return { rows: 0, bytes: 0, oldestMs: undefined };
  return {
    // Whoever numbers leaves no gaps.
    rows: Number(newest.sequence) - Number(oldest.sequence) + 1,
    bytes: Number(newest.through) - Number(oldest.through) + Number(oldest.bytes),
    oldestMs: Math.max(0, nowMs - Number(oldest.appended)),
  };
}

/** Finds the newest row appended before a time by halving: no row is stamped earlier than the one before it. */
export async function readSequenceBefore(
  connection: PostgresqlConnection,
  { log }: PostgresqlTables,
  timeMs: number,
): Promise<number> {
  const { oldest, newest } = await edgeRows(connection, log);
  if (!oldest || !newest) return 0;
  const first = Number(oldest.sequence);
  let before = first - 1;
  let last = Number(newest.sequence);
  // A row that was trimmed meanwhile, or removed by hand, counts as the one before it.
  const sql = `SELECT AppendedAt < ? AS older FROM ${log} WHERE Sequence <= ? ORDER BY Sequence DESC LIMIT 1`;
  while (before < last) {
    const middle = Math.ceil((before + last) / 2);
    const row = await connection.first(sql, [timeMs, middle]);
    if (row === undefined || row.older === 1) before = middle;
    else last = middle - 1;
  }
  return before < first ? 0 : before;
}

async function edgeRows(
  connection: PostgresqlConnection,
  log: string,
): Promise<{ oldest: SqlRow | undefined; newest: SqlRow | undefined }> {
  const edge = (order: string): string =>
    `(SELECT Sequence AS sequence, AppendedAt AS appended, BytesThrough AS through, octet_length(DeltaBuffer) AS bytes
      FROM ${log} ORDER BY Sequence ${order} LIMIT 1)`;
  // In one statement, so that nothing is trimmed between.
  const [oldest, newest] = await connection.all(`${edge("ASC")} UNION ALL ${edge("DESC")}`);
  return { oldest, newest };
}
