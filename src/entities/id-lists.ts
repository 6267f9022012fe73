import { IDS_IN_STATEMENT } from "./sql/table-sql.js";

/** Gives tech-ids in lists of IDS_IN_STATEMENT. One that is too short repeats its last tech-id, which selects nothing twice. */
export function* idLists(techIds: readonly string[]): Generator<string[], undefined> {
  for (let at = 0; at < techIds.length; at += IDS_IN_STATEMENT) {
    const list = techIds.slice(at, at + IDS_IN_STATEMENT);
    while (list.length < IDS_IN_STATEMENT) list.push(list.at(-1)!);
    yield list;
  }
}
