import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { EntityChange, SqlRow, SqlValue } from "../store.js";
import type { PostgresqlHost } from "./postgresql-host.js";

/**
 * Reads LiveDistChanges page by page, so that a slow reader holds up nothing. The pages of all entities go by tech-id,
 * those of the deleted ones by sequence, for which there is an index.
 */
export async function* readChanges(
  host: PostgresqlHost,
  deletedAfter: number | undefined,
): AsyncGenerator<EntityChange[], undefined> {
  let last: EntityChange | undefined;
  do {
    const { condition, order, parameters } =
      deletedAfter === undefined ? afterAll(last) : afterDeleted(deletedAfter, last);
    const sql = `SELECT TechId AS id, ClassName AS name, Sequence AS sequence, IsDeleted AS deleted
      FROM ${host.tables.changes} WHERE ${condition} ORDER BY ${order} LIMIT ${STREAM_BATCH_ROWS_MAX}`;
    const page = (await host.read((connection) => connection.all(sql, parameters))).map(toChange);
    if (page.length > 0) yield page;
    last = page.length < STREAM_BATCH_ROWS_MAX ? undefined : page.at(-1);
  } while (last);
}

interface Page {
  readonly condition: string;
  readonly order: string;
  readonly parameters: SqlValue[];
}

function afterAll(last: EntityChange | undefined): Page {
  return { condition: "TechId > ?", order: "TechId", parameters: [last?.techId ?? new Uint8Array()] };
}

function afterDeleted(deletedAfter: number, last: EntityChange | undefined): Page {
  const parameters = last ? [last.sequence, last.techId] : [deletedAfter + 1, new Uint8Array()];
  return { condition: "IsDeleted AND (Sequence, TechId) > (?, ?)", order: "Sequence, TechId", parameters };
}

function toChange(row: SqlRow): EntityChange {
  return {
    techId: row.id as Uint8Array,
    className: String(row.name),
    sequence: Number(row.sequence),
    isDeleted: row.deleted === 1,
  };
}
