import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { EntityChange, SqlRow, SqlValue } from "../store.js";
import { changePages } from "./change-statements.js";
import type { SqlServerHost } from "./sqlserver-host.js";

/**
 * Reads LiveDistChanges page by page, so that a slow reader holds up nothing. The pages of all entities go by tech-id,
 * those of the deleted ones by sequence, for which there is an index.
 */
export async function* readChanges(
  host: SqlServerHost,
  deletedAfter: number | undefined,
): AsyncGenerator<EntityChange[], undefined> {
  const pages = changePages(host.tables);
  let last: EntityChange | undefined;
  do {
    const [sql, parameters] =
      deletedAfter !== undefined
        ? ([pages.ofDeleted, deletedFrom(last, deletedAfter)] as const)
        : last === undefined
          ? ([pages.first, []] as const)
          : ([pages.next, [last.techId]] as const);
    const { rows } = await host.read((runner) => runner.query(sql, parameters));
    const page = rows.map(toChange);
    if (page.length > 0) yield page;
    last = page.length < STREAM_BATCH_ROWS_MAX ? undefined : page.at(-1);
  } while (last);
}

/** No tech-id is longer than 16 bytes, so that nothing of `deletedAfter` itself is after this one. */
function deletedFrom(last: EntityChange | undefined, deletedAfter: number): SqlValue[] {
  const { sequence, techId } = last ?? { sequence: deletedAfter, techId: new Uint8Array(17).fill(255) };
  return [sequence, sequence, techId];
}

function toChange(row: SqlRow): EntityChange {
  return {
    techId: row["TechId"] as Uint8Array,
    className: String(row["ClassName"]),
    sequence: Number(row["Sequence"]),
    isDeleted: row["IsDeleted"] === 1,
  };
}
