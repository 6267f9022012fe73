import { assert } from "../../base/assert.js";
import type { DeltaClass, Field } from "../../delta/delta-class.js";
import { isPart, type PartsType, type PartType, type ValueType } from "../../delta/field-type.js";
import type { Column, EntitiesDialect, TableDefinition } from "./entities-dialect.js";
import type { ExistingPartTable, ExistingTable } from "./existing-table.js";
import { fieldsSource, type FieldsSource } from "./fields-source.js";
import { tableName } from "./table-name.js";
import { EntitySql, PartSql } from "./table-sql.js";

/** A field that has a column. */
export interface ValueField extends Field {
  readonly type: ValueType;
}

/** What tables of entities and tables of parts have in common. */
export interface FieldsTable extends TableDefinition {
  readonly deltaClass: DeltaClass;
  readonly fields: readonly ValueField[];
  /** Where the fields stand in a table of the application's: this one then has the other columns alone. */
  readonly source: FieldsSource | undefined;
  /** One for each field of the class that holds parts. */
  readonly parts: readonly PartTable[];
}

/** The table of the entities of one class. */
export interface EntityTable extends FieldsTable {
  readonly sql: EntitySql;
}

/**
 * The table of the parts in one field of one class of entities or parts. Tech-ids of parts differ within an entity, not
 * among entities: sites could not keep a wider promise while they merge what others wrote.
 */
export interface PartTable extends FieldsTable {
  readonly field: Field & { readonly type: PartType | PartsType };
  /** Parts of parts name the entity beside their owner, so that what belongs to an entity is found in one step. */
  readonly isNested: boolean;
  /** The column that holds the entity's tech-id: the owner is the entity itself unless the parts are nested. */
  readonly entityColumn: string;
  readonly sql: PartSql;
}

/** What the names of tables beside those of an application begin with. */
const BESIDE = "LiveDistEntity_";

const column = (name: string, kind: Column["kind"]): Column => ({ name, kind, isField: false });

const entityColumns: readonly Column[] = [
  column("TechId", "guid"),
  column("Topics", "string"),
  column("UpdateTime", "dateTime"),
  column("InCache", "boolean"),
  column("Versions", "string"),
];

const partColumns: readonly Column[] = [
  column("OwnerTechId", "guid"),
  column("TechId", "guid"),
  // Not "Position", which parts have as a field of their own too often.
  column("PartPosition", "int32"),
];

const nestedColumns: readonly Column[] = [column("EntityTechId", "guid"), ...partColumns];

function fieldsWithColumn(deltaClass: DeltaClass): ValueField[] {
  return deltaClass.fields.filter((field): field is ValueField => !isPart(field.type));
}

/**
 * Describes the table of a class of entities, and those of its parts at any depth; `existing` is the application's own that
 * holds the fields. Throws Config where that one names fields that there are not.
 */
export function entityTable(
  dialect: EntitiesDialect,
  deltaClass: DeltaClass,
  prefix: string,
  existing?: ExistingTable,
): EntityTable {
  const place: Place = { dialect, prefix, path: deltaClass.name, existing };
  const table = {
    ...fieldsTable(place, deltaClass, entityColumns),
    key: ["TechId"],
    // Entities may be wide, and random keys would spread them.
    isClustered: false,
    parts: partTables(place, deltaClass, false),
  };
  return { ...table, sql: new EntitySql(dialect, table) };
}

/** Where a class stands in the schema of a database. */
interface Place {
  readonly dialect: EntitiesDialect;
  readonly prefix: string;
  /** The names of the class and of the fields that lead to the parts. */
  readonly path: string;
  readonly existing: ExistingTable | ExistingPartTable | undefined;
}

function fieldsTable({ dialect, prefix, path, existing }: Place, deltaClass: DeltaClass, own: readonly Column[]) {
  const fields = fieldsWithColumn(deltaClass);
  const source = existing && fieldsSource(deltaClass, existing);
  const name = source === undefined ? prefix + path : `${prefix}${BESIDE}${path}`;
  const columns = source === undefined ? withFields(own, fields) : own;
  return { name: tableName(name, dialect.nameLengthMax), deltaClass, fields, source, columns };
}

function partTables(place: Place, owner: DeltaClass, isNested: boolean): PartTable[] {
  return owner.fields.flatMap((field) => (isPart(field.type) ? [partTable(place, field, isNested)] : []));
}

function partTable(owner: Place, field: Field, isNested: boolean): PartTable {
  const { type } = field;
  assert(isPart(type), "the field holds parts");
  const { deltaClass } = type;
  const existing = partsOf(owner.existing, field.name);
  const place: Place = { ...owner, path: `${owner.path}_${field.name}`, existing };
  const entityColumn = isNested ? "EntityTechId" : "OwnerTechId";
  const table = {
    ...fieldsTable(place, deltaClass, isNested ? nestedColumns : partColumns),
    field: { ...field, type },
    isNested,
    entityColumn,
    key: [entityColumn, "TechId"],
    isClustered: true,
    parts: partTables(place, deltaClass, true),
  };
  return { ...table, sql: new PartSql(owner.dialect, table) };
}

function partsOf(existing: Place["existing"], field: string): ExistingPartTable | undefined {
  const parts = existing?.parts;
  return parts !== undefined && Object.hasOwn(parts, field) ? parts[field] : undefined;
}

function withFields(own: readonly Column[], fields: readonly ValueField[]): Column[] {
  return [...own, ...fields.map(({ name, type }) => ({ name, kind: type.kind, isField: true }))];
}

/** Gives a table of entities, or of parts, and the tables of its parts at any depth. */
export function withPartTables<T extends FieldsTable>(table: T): (T | PartTable)[] {
  return [table, ...table.parts.flatMap((one) => withPartTables(one))];
}

/** Tells whether a database has a table, or a column of it. */
export type HasColumn = (table: string, column?: string) => boolean;

/** Gives the table as far as a database has it: fields and parts that it does not have yet are left out. */
export function restrictedTable(dialect: EntitiesDialect, table: EntityTable, has: HasColumn): EntityTable {
  const restricted = restrict(dialect, table, has);
  return { ...restricted, sql: new EntitySql(dialect, restricted) };
}

function restrict<T extends FieldsTable>(dialect: EntitiesDialect, table: T, has: HasColumn): T {
  const isThere = ({ name }: { readonly name: string }): boolean => has(table.name, name);
  const parts = table.parts
    .filter(({ name }) => has(name))
    .map((one) => {
      const restricted = restrict(dialect, one, has);
      return { ...restricted, sql: new PartSql(dialect, restricted) };
    });
  // Fields in a table of the application's are all there, or its use has been refused.
  const fields = table.source === undefined ? table.fields.filter(isThere) : table.fields;
  return { ...table, columns: table.columns.filter(isThere), fields, parts };
}
