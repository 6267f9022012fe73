import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { EntityChange } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlTables } from "./postgresql-tables.js";

/** Removes the rows up to a sequence and keeps what they said of each entity, in the transaction that is open. */
export async function trimLog(
  connection: PostgresqlConnection,
  tables: PostgresqlTables,
  throughSequence: number,
  changes: readonly EntityChange[],
): Promise<void> {
  for (let at = 0; at < changes.length; at += STREAM_BATCH_ROWS_MAX) {
    await keepChanges(connection, tables, changes.slice(at, at + STREAM_BATCH_ROWS_MAX));
  }
  // An empty log goes on from the last that was removed.
  await connection.run(
    `WITH removed AS (DELETE FROM ${tables.log} WHERE Sequence <= ? RETURNING Sequence, AppendedAt, BytesThrough)
    UPDATE ${tables.lease} SET LastSequence = newest.Sequence, AppendedAt = newest.AppendedAt, BytesThrough = newest.BytesThrough
    FROM (SELECT * FROM removed ORDER BY Sequence DESC LIMIT 1) AS newest`,
    [throughSequence],
  );
}

/** Writes many rows with one statement; one that names an entity twice keeps the later, and all lock in the same order. */
async function keepChanges(
  connection: PostgresqlConnection,
  { changes }: PostgresqlTables,
  kept: readonly EntityChange[],
): Promise<void> {
  const sql = `INSERT INTO ${changes} AS held (TechId, ClassName, Sequence, IsDeleted)
    SELECT DISTINCT ON (TechId) TechId, ClassName, Sequence, IsDeleted
    FROM unnest(?::bytea[], ?::text[], ?::bigint[], ?::boolean[]) AS given (TechId, ClassName, Sequence, IsDeleted)
    ORDER BY TechId, Sequence DESC
    ON CONFLICT (TechId) DO UPDATE
      SET ClassName = excluded.ClassName, Sequence = excluded.Sequence, IsDeleted = excluded.IsDeleted
      WHERE excluded.Sequence > held.Sequence`;
  await connection.arrays(sql, [
    kept.map(({ techId }) => techId),
    kept.map(({ className }) => className),
    kept.map(({ sequence }) => sequence),
    kept.map(({ isDeleted }) => (isDeleted ? 1 : 0)),
  ]);
}
