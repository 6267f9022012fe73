import {
  type Entity,
  formatTopicsList,
  parseTopicsSlice,
  type Snapshot,
  type SqlCondition,
  type SqlRow,
  type SqlValue,
} from "livedist";
import { City } from "./city.js";

/** What a comparison found. */
export interface Check {
  /** How many cities SQL selects. */
  readonly selected: number;
  /** How many cities it does not select any more, and a registered edge holds on. */
  readonly movedOut: number;
  /** How many values were compared. */
  readonly values: number;
  /** What differs, a sentence each. */
  readonly differences: readonly string[];
}

/** What is read of a copy. */
interface ReadCopy {
  get(techId: string): Entity | undefined;
  techIds(): Iterable<string>;
}

/**
 * Compares an edge's copy with what SQL selects from the table of the cities, value by value. The servers' cache has no part
 * in it. `movedOut` are the cities that a registered edge has to hold as well, as long as they exist.
 */
export async function checkCopy(
  snapshot: Snapshot,
  slice: string,
  copy: ReadCopy,
  movedOut: ReadonlySet<string> = new Set(),
): Promise<Check> {
  const selected = await selectedRows(snapshot, slice);
  const rows = new Map([...(await rowsOf(snapshot, movedOut)), ...selected]);
  const differences: string[] = [];
  let values = 0;
  for (const [techId, row] of rows) {
    const entity = copy.get(techId);
    if (entity !== undefined) values += compare(row, entity, differences);
    else
      differences.push(
        `${String(row["name"])} ${selected.has(techId) ? "is" : "was"} selected, and is missing in the copy`,
      );
  }
  for (const techId of copy.techIds()) {
    if (!rows.has(techId))
      differences.push(`${String(copy.get(techId)?.fields["name"])} is in the copy, and is not selected`);
  }
  return { selected: selected.size, movedOut: rows.size - selected.size, values, differences };
}

/** Gives the rows that a slice selects, by tech-id. */
async function selectedRows(snapshot: Snapshot, slice: string): Promise<Map<string, SqlRow>> {
  const { sql, parameters } = withQuestionMarks(parseTopicsSlice(slice).where(snapshot.store.dialect));
  const rows = await snapshot.all(`SELECT * FROM ${tableOf(snapshot)} WHERE ${sql}`, parameters);
  // SQL Server writes a GUID in capitals.
  return new Map(rows.map((row) => [String(row["TechId"]).toLowerCase(), row]));
}

/** Puts question marks, which every session takes, in the place of a driver's own markers: `$1`, or `@p1`. */
function withQuestionMarks({ sql, parameters }: SqlCondition): { sql: string; parameters: SqlValue[] } {
  const values: unknown[] = [];
  const text = sql.replace(/(?:\$|@p)(\d+)/g, (_, number) => {
    values.push(parameters[Number(number) - 1]);
    return "?";
  });
  return { sql: text, parameters: (text === sql ? parameters : values) as SqlValue[] };
}

/** Gives the rows of those cities that exist still, by tech-id. */
async function rowsOf(snapshot: Snapshot, techIds: Iterable<string>): Promise<Map<string, SqlRow>> {
  const rows = new Map<string, SqlRow>();
  for (const techId of techIds) {
    const [row] = await snapshot.all(`SELECT * FROM ${tableOf(snapshot)} WHERE "TechId" = ?`, [techId]);
    if (row) rows.set(techId, row);
  }
  return rows;
}

function tableOf({ store }: Snapshot): string {
  return `"${store.tablesPrefix}City"`;
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
