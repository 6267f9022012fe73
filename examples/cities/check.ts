import {
  type Entity,
  formatTopicsList,
  type MapCopy,
  parseTopicsSlice,
  type SqlRow,
  type SqlSession,
  type SqlValue,
} from "livedist";
import { City } from "./city.js";

/** What a comparison found. */
export interface Check {
  /** How many cities SQL selects. */
  readonly selected: number;
  /** How many values were compared. */
  readonly values: number;
  /** What differs, a sentence each. */
  readonly differences: readonly string[];
}

/**
 * Compares an edge's copy with what SQL selects from the table of the cities, value by value. The servers' cache has no part
 * in it.
 */
export async function checkCopy(
  session: SqlSession,
  slice: string,
  copy: Pick<MapCopy, "get" | "techIds">,
): Promise<Check> {
  const { sql, parameters } = parseTopicsSlice(slice).where("sqlite");
  const rows = await session.all(`SELECT * FROM City WHERE ${sql}`, parameters as SqlValue[]);
  const selected = new Set(rows.map((row) => String(row["TechId"])));
  const differences: string[] = [];
  let values = 0;
  for (const row of rows) {
    const entity = copy.get(String(row["TechId"]));
    if (entity === undefined) differences.push(`${String(row["name"])} is selected, and is missing in the copy`);
    else values += compare(row, entity, differences);
  }
  for (const techId of copy.techIds()) {
    if (!selected.has(techId))
      differences.push(`${String(copy.get(techId)?.fields["name"])} is in the copy, and is not selected`);
  }
  return { selected: selected.size, values, differences };
}

/** Compares one city; gives how many values it compared. */
function compare(row: SqlRow, entity: Entity, differences: string[]): number {
  const pairs: [name: string, inTable: unknown, inCopy: unknown][] = [
    ["Topics", row["Topics"], formatTopicsList(entity.topics)],
    ["UpdateTime", row["UpdateTime"], entity.updateTime.getTime()],
    ...City.fields.map(({ name }): [string, unknown, unknown] => [name, row[name], entity.fields[name]]),
  ];
  for (const [name, inTable, inCopy] of pairs) {
    if (inTable === inCopy) continue;
    differences.push(
      `${name} of ${String(row["name"])} is ${String(inTable)} in the table, and ${String(inCopy)} in the copy`,
    );
  }
  return pairs.length;
}
