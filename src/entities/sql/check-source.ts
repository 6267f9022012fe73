import { LiveDistError } from "../../base/errors.js";
import type { SqlSession } from "../../store/store.js";
import type { EntitiesDialect } from "./entities-dialect.js";
import { nameParts, type FieldsSource } from "./fields-source.js";

/** Checks that a database has an application's table that can hold what it has to. Rejects with Config where not. */
export async function checkSource(session: SqlSession, dialect: EntitiesDialect, source: FieldsSource): Promise<void> {
  const { table, columns } = source;
  const fold = (name: string): string => (dialect.keepsCase ? name : name.toLowerCase());
  const { sql, parameters } = dialect.columnsOf(nameParts(table));
  const rows = await session.all(sql, parameters);
  if (rows.length === 0)
    throw new LiveDistError("Config", `there is no table ${table}, which is to hold entities or parts`);
  const types = new Map(rows.map((row) => [fold(String(row["ColumnName"])), String(row["ColumnType"]).toUpperCase()]));
  for (const { name, kind, holds } of columns) {
    const type = types.get(fold(name));
    if (type === undefined)
      throw new LiveDistError("Config", `table ${table} has no column ${name}, which is to hold ${holds}`);
    if (!dialect.existingTypes[kind].test(type)) {
      const message = `column ${name} of table ${table} has the type ${type}, which cannot hold ${holds}: a ${kind} (docs/databases.md)`;
      throw new LiveDistError("Config", message);
    }
  }
}
