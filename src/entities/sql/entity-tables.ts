import { LiveDistError } from "../../base/errors.js";
import { ENTITY_TABLES_MAX } from "../../base/limits.js";
import type { DeltaClass } from "../../delta/delta-class.js";
import { isPart } from "../../delta/field-type.js";
import type { Schema } from "../../delta/schema.js";
import { entityError } from "../entity-error.js";
import type { EntitiesDialect, TableDefinition } from "./entities-dialect.js";
import type { ExistingTables } from "./existing-table.js";
import { SiteVersionTable } from "./site-version-table.js";
import { entityTable, withPartTables, type EntityTable, type FieldsTable } from "./entity-table.js";

/** The tables of a schema's first-class classes: those that no class has as a part. */
export class EntityTables {
  readonly schema: Schema;
  readonly entities: readonly EntityTable[];
  readonly siteVersion: SiteVersionTable;
  /** The tables beside which there are tables of the application's. */
  readonly sources: readonly FieldsTable[];
  /** Everything that LiveDist has to have in the database. */
  readonly definitions: readonly TableDefinition[];
  readonly #byClass: ReadonlyMap<DeltaClass, EntityTable>;

  /** Throws Config where names of tables or columns collide, Limit where the schema needs more than ENTITY_TABLES_MAX tables. */
  constructor(dialect: EntitiesDialect, schema: Schema, prefix: string, existing: ExistingTables = {}) {
    this.schema = schema;
    const classes = firstClass(schema);
    checkClassNames(schema, classes, existing);
    this.entities = classes.map((deltaClass) => {
      const own = Object.hasOwn(existing, deltaClass.name) ? existing[deltaClass.name] : undefined;
      return entityTable(dialect, deltaClass, prefix, own);
    });
    this.siteVersion = new SiteVersionTable(dialect, prefix);
    const tables = this.entities.flatMap((table) => withPartTables<FieldsTable>(table));
    this.definitions = [this.siteVersion.definition, ...tables];
    this.sources = tables.filter((table) => table.source !== undefined);
    this.#byClass = new Map(this.entities.map((table) => [table.deltaClass, table]));
    checkTableNames(dialect, tables, prefix);
    checkSourceNames(this.sources);
    for (const table of tables) checkColumnNames(dialect, table);
  }

  /** Gives the table of a class. Throws Entity where it has none. */
  of(deltaClass: DeltaClass): EntityTable {
    const table = this.#byClass.get(deltaClass);
    if (table !== undefined) return table;
    const isKnown = this.schema.indexOf(deltaClass) !== undefined;
    const why = isKnown ? "is a part of other classes and has no entities" : `is not in schema ${this.schema.name}`;
    throw entityError(`delta-class ${deltaClass.name} ${why}`);
  }

  /** Gives the table of a class and those of the classes that derive from it. Throws Entity where the class has none. */
  ofFamily(deltaClass: DeltaClass): EntityTable[] {
    const own = this.of(deltaClass);
    return [own, ...this.entities.filter((table) => table !== own && table.deltaClass.isA(deltaClass))];
  }
}

function firstClass(schema: Schema): DeltaClass[] {
  const parts = new Set<DeltaClass>();
  for (const { fields } of schema.classes) for (const { type } of fields) if (isPart(type)) parts.add(type.deltaClass);
  checkTableCount(schema, parts);
  return schema.classes.filter((deltaClass) => !parts.has(deltaClass));
}

/** Counts first: every way to a part is a table of its own, so that a few classes could make millions. */
function checkTableCount(schema: Schema, parts: ReadonlySet<DeltaClass>): void {
  const counts = new Map<DeltaClass, number>();
  let total = 0;
  // Parts stand before their users in a schema.
  for (const deltaClass of schema.classes) {
    let count = 1;
    for (const { type } of deltaClass.fields) if (isPart(type)) count += counts.get(type.deltaClass) ?? 0;
    counts.set(deltaClass, count);
    if (!parts.has(deltaClass)) total += count;
  }
  if (total > ENTITY_TABLES_MAX) {
    throw new LiveDistError(
      "Limit",
      `schema ${schema.name} needs ${total} tables, more than ENTITY_TABLES_MAX, ${ENTITY_TABLES_MAX}`,
    );
  }
}

/** Databases compare names without regard to case. */
function checkTableNames(dialect: EntitiesDialect, tables: readonly FieldsTable[], prefix: string): void {
  const seen = new Set<string>();
  for (const { name, deltaClass, source } of tables) {
    const folded = name.toLowerCase();
    const isOfLiveDist = source === undefined && folded.startsWith(`${prefix.toLowerCase()}livedist`);
    if (dialect.isReserved(name) || isOfLiveDist) {
      throw new LiveDistError(
        "Config",
        `delta-class ${deltaClass.name} needs the table ${name}, a name that LiveDist or the database keeps for itself`,
      );
    }
    if (seen.has(folded)) throw new LiveDistError("Config", `two delta-classes or fields need a table called ${name}`);
    seen.add(folded);
  }
}

function checkClassNames(schema: Schema, classes: readonly DeltaClass[], existing: ExistingTables): void {
  const names = new Set(classes.map(({ name }) => name));
  for (const name of Object.keys(existing)) {
    if (names.has(name)) continue;
    const why = `schema ${schema.name} has no class of entities called ${name}, for which a table is given`;
    throw new LiveDistError("Config", why);
  }
}

function checkSourceNames(tables: readonly FieldsTable[]): void {
  const seen = new Set<string>();
  for (const { source } of tables) {
    const table = source!.table;
    if (seen.has(table)) throw new LiveDistError("Config", `table ${table} is given for two classes or fields`);
    seen.add(table);
  }
}

function checkColumnNames(
  { nameLengthMax }: EntitiesDialect,
  { name, columns, fields, source, deltaClass }: FieldsTable,
): void {
  const seen = new Set<string>();
  // They come together also where they are read from two tables.
  for (const column of source === undefined ? columns : [...columns, ...fields]) {
    if (column.name.length > nameLengthMax) {
      const message = `field ${column.name} of ${deltaClass.name} has a longer name than the database keeps, ${nameLengthMax} characters`;
      throw new LiveDistError("Config", message);
    }
    const folded = column.name.toLowerCase();
    if (seen.has(folded)) {
      throw new LiveDistError(
        "Config",
        `delta-class ${deltaClass.name} cannot have a field called ${column.name}: table ${name} has a column of that name`,
      );
    }
    seen.add(folded);
  }
}
