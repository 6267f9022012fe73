import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { EntityChange, SqlValue } from "../store.js";
import { changeStatements, CHANGES_IN_STATEMENT } from "./change-statements.js";
import type { LogStatements } from "./log-statements.js";
import type { SqlServerSession } from "./sqlserver-session.js";
import type { SqlServerTables } from "./sqlserver-tables.js";

/** Removes the rows up to a sequence and keeps what they said of each entity, in the session's transaction. */
export async function trimLog(
  session: SqlServerSession,
  tables: SqlServerTables,
  sql: LogStatements,
  throughSequence: number,
  changes: readonly EntityChange[],
): Promise<void> {
  const latest = latestOfEach(changes);
  for (let at = 0; at < latest.length; at += CHANGES_IN_STATEMENT) {
    const some = latest.slice(at, at + CHANGES_IN_STATEMENT);
    const { update, insert } = changeStatements(tables, some.length);
    const parameters = some.flatMap(toParameters);
    await session.run(update, parameters);
    await session.run(insert, parameters);
  }
  await removeRows(session, sql, throughSequence);
}

/** Removes a limited number of rows with each statement: one that locks thousands of rows locks the whole table instead. */
async function removeRows(session: SqlServerSession, sql: LogStatements, throughSequence: number): Promise<void> {
  for (;;) {
    const [row] = await session.all(sql.firstSequence);
    const first = row?.["FirstSequence"] ?? undefined;
    if (first === undefined || Number(first) > throughSequence) return;
    await session.run(sql.remove, [Math.min(throughSequence, Number(first) + STREAM_BATCH_ROWS_MAX - 1)]);
  }
}

function latestOfEach(changes: readonly EntityChange[]): EntityChange[] {
  const latest = new Map<string, EntityChange>();
  for (const change of changes) {
    const key = Buffer.from(change.techId).toString("latin1");
    const known = latest.get(key);
    if (known === undefined || change.sequence > known.sequence) latest.set(key, change);
  }
  return [...latest.values()];
}

function toParameters({ techId, className, sequence, isDeleted }: EntityChange): SqlValue[] {
  return [techId, className, sequence, isDeleted ? 1 : 0];
}
