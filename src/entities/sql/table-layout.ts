import { LiveDistError } from "../../base/errors.js";
import type { SqlSession } from "../../store/store.js";
import type { Column, EntitiesDialect, TableDefinition } from "./entities-dialect.js";
import { checkSource } from "./check-source.js";
import type { EntityTables } from "./entity-tables.js";

/** What tables and columns a database has, as of one transaction or snapshot. */
export class TableLayout {
  readonly #dialect: EntitiesDialect;
  readonly #types: ReadonlyMap<string, ReadonlyMap<string, string>>;

  private constructor(dialect: EntitiesDialect, types: ReadonlyMap<string, ReadonlyMap<string, string>>) {
    this.#dialect = dialect;
    this.#types = types;
  }

  /** Rejects with Config where a table of the application's cannot hold the fields that it has to. */
  static async read(session: SqlSession, dialect: EntitiesDialect, tables: EntityTables): Promise<TableLayout> {
    for (const { source } of tables.sources) await checkSource(session, dialect, source!);
    const types = new Map<string, Map<string, string>>();
    for (const row of await session.all(dialect.columnsSql)) {
      const table = String(row["TableName"]).toLowerCase();
      let columns = types.get(table);
      if (columns === undefined) types.set(table, (columns = new Map<string, string>()));
      columns.set(String(row["ColumnName"]).toLowerCase(), String(row["ColumnType"]).toUpperCase());
    }
    return new TableLayout(dialect, types);
  }

  has(table: string, column?: string): boolean {
    const columns = this.#types.get(table.toLowerCase());
    return columns !== undefined && (column === undefined || columns.has(column.toLowerCase()));
  }

  /**
   * Gives the fields that a table of the database has no columns for. Throws Config where a column has another type, or the
   * table is not one that LiveDist made.
   */
  missingColumns({ name, columns }: TableDefinition): Column[] {
    const types = this.#types.get(name.toLowerCase());
    return columns.filter((column) => {
      const type = types?.get(column.name.toLowerCase());
      const needed = this.#dialect.columnTypes[column.kind];
      if (type === undefined && !column.isField) throw notOurs(name, column.name);
      if (type !== undefined && type !== needed) throw conflict(name, column.name, type, needed);
      return type === undefined;
    });
  }

  /** Tells whether everything is there that a schema needs. Throws Config as `missingColumns` does. */
  isComplete(tables: EntityTables): boolean {
    return tables.definitions.every((table) => this.has(table.name) && this.missingColumns(table).length === 0);
  }
}

function conflict(table: string, column: string, type: string, needed: string): LiveDistError {
  const message = `column ${column} of table ${table} has the type ${type}, the field needs ${needed}: give the field another name`;
  return new LiveDistError("Config", message);
}

function notOurs(table: string, column: string): LiveDistError {
  return new LiveDistError(
    "Config",
    `table ${table} is there already and has no column ${column}: it is none of entities`,
  );
}

/** What had to be done so that a database has all that a schema needs. */
export interface CreatedTables {
  readonly isChanged: boolean;
  readonly created: ReadonlySet<TableDefinition>;
}

/**
 * Creates the tables of entities and parts that are missing, and adds the columns of fields that are. What the schema does not
 * have is left alone, as are the application's own tables. Rejects with Config where a column has another type.
 */
export async function createEntityTables(
  session: SqlSession,
  dialect: EntitiesDialect,
  tables: EntityTables,
): Promise<CreatedTables> {
  const created = new Set<TableDefinition>();
  let layout = await TableLayout.read(session, dialect, tables);
  if (layout.isComplete(tables)) return { isChanged: false, created };
  if (dialect.lockTables !== undefined) {
    await session.all(dialect.lockTables);
    // Another transaction may have created some while this one waited.
    layout = await TableLayout.read(session, dialect, tables);
  }
  let isChanged = false;
  for (const definition of tables.definitions) {
    if (!layout.has(definition.name)) created.add(definition);
    const statements = layout.has(definition.name)
      ? layout.missingColumns(definition).map((column) => dialect.addColumn(definition.name, column))
      : [dialect.createTable(definition)];
    for (const sql of statements) {
      await session.run(sql);
      isChanged = true;
    }
  }
  return { isChanged, created };
}
