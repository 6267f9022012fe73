import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { EntityChange, SqlRow } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteHost } from "./sqlite-host.js";

const COLUMNS = "TechId, ClassName, Sequence, IsDeleted";

/**
 * Reads LiveDistChanges page by page, so that a slow reader holds up nothing. The pages of all entities go by tech-id,
 * those of the deleted ones by sequence, for which there is an index.
 */
export async function* readChanges(
  host: SqliteHost,
  deletedAfter: number | undefined,
): AsyncGenerator<EntityChange[], undefined> {
  const { changes } = host.tables;
  let last: EntityChange | undefined;
  do {
    const after = last;
    const page = await host.read((connection) =>
      deletedAfter === undefined
        ? pageOfAll(connection, changes, after)
        : pageOfDeleted(connection, changes, deletedAfter, after),
    );
    if (page.length > 0) yield page.map(toChange);
    last = page.length < STREAM_BATCH_ROWS_MAX ? undefined : toChange(page.at(-1)!);
  } while (last);
}

function pageOfAll(connection: SqliteConnection, table: string, after: EntityChange | undefined): SqlRow[] {
  const sql = `SELECT ${COLUMNS} FROM ${table} WHERE TechId > ? ORDER BY TechId LIMIT ${STREAM_BATCH_ROWS_MAX}`;
  return connection.all(sql, [after?.techId ?? new Uint8Array()]);
}

function pageOfDeleted(
  connection: SqliteConnection,
  table: string,
  deletedAfter: number,
  after: EntityChange | undefined,
): SqlRow[] {
  const sql = `SELECT ${COLUMNS} FROM ${table}
    WHERE IsDeleted = 1 AND (Sequence, TechId) > (?, ?)
    ORDER BY Sequence, TechId LIMIT ${STREAM_BATCH_ROWS_MAX}`;
  return connection.all(sql, after ? [after.sequence, after.techId] : [deletedAfter + 1, new Uint8Array()]);
}

function toChange(row: SqlRow): EntityChange {
  return {
    techId: row.TechId as Uint8Array,
    className: String(row.ClassName),
    sequence: Number(row.Sequence),
    isDeleted: row.IsDeleted === 1,
  };
}
