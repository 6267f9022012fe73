import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { EntityChange } from "../store.js";
import type { SqliteSession } from "./sqlite-session.js";
import type { SqliteTables } from "./sqlite-tables.js";

/** Removes the rows up to a sequence and keeps what they said of each entity, in the session's transaction. */
export async function trimLog(
  session: SqliteSession,
  tables: SqliteTables,
  throughSequence: number,
  changes: readonly EntityChange[],
): Promise<void> {
  await keepChanges(session, tables, changes);
  await removeRows(session, tables, throughSequence);
}

async function keepChanges(
  session: SqliteSession,
  { changes }: SqliteTables,
  kept: readonly EntityChange[],
): Promise<void> {
  const sql = `INSERT INTO ${changes} (TechId, ClassName, Sequence, IsDeleted) VALUES (?, ?, ?, ?)
    ON CONFLICT (TechId) DO UPDATE SET ClassName = excluded.ClassName, Sequence = excluded.Sequence, IsDeleted = excluded.IsDeleted
    WHERE excluded.Sequence > ${changes}.Sequence`;
  for (const [index, change] of kept.entries()) {
    await session.run(sql, [change.techId, change.className, change.sequence, change.isDeleted ? 1 : 0]);
    if (index % STREAM_BATCH_ROWS_MAX === STREAM_BATCH_ROWS_MAX - 1) await session.pause();
  }
}

/** Removes a limited number of rows at once: what SQLite does in one statement, it does without a pause. */
async function removeRows(session: SqliteSession, { log }: SqliteTables, throughSequence: number): Promise<void> {
  for (;;) {
    const [row] = await session.all(`SELECT MIN(Sequence) AS first FROM ${log}`);
    const first = row?.first ?? undefined;
    if (first === undefined || Number(first) > throughSequence) return;
    const through = Math.min(throughSequence, Number(first) + STREAM_BATCH_ROWS_MAX - 1);
    await session.run(`DELETE FROM ${log} WHERE Sequence <= ?`, [through]);
    await session.pause();
  }
}
