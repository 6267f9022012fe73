import type { ValueKind } from "../../delta/field-type.js";
import type { SqlValue } from "../../store/store.js";
import type { TopicsSlice } from "../../topics/topics-slice.js";
import type { Dialect } from "../../topics/where.js";
import { postgresqlEntities } from "./postgresql-entities.js";
import { sqliteEntities } from "./sqlite-entities.js";
import { sqlServerEntities } from "./sqlserver-entities.js";

/** A column of a table of entities or parts. */
export interface Column {
  readonly name: string;
  readonly kind: ValueKind;
  /** Fields may be null, LiveDist's own columns never are. */
  readonly isField: boolean;
}

/** A table as it is created. */
export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  /** Whether rows with neighbouring keys are read together, so that they should lie together. */
  readonly isClustered: boolean;
}

/** SQL with `?` for its parameters, as a SqlSession takes it. */
export interface SqlText {
  readonly sql: string;
  readonly parameters: SqlValue[];
}

/** What differs between databases in the tables of entities. Nothing outside this folder knows a dialect. */
export interface EntitiesDialect {
  readonly quote: (name: string) => string;
  /** Characters of a name, all of them ASCII, that the database keeps. */
  readonly nameLengthMax: number;
  /** The type of a column, in capitals, as the database also tells it (`columnsSql`). */
  readonly columnTypes: Readonly<Record<ValueKind, string>>;
  /** Makes the value of a column of a checked value that is not null. */
  readonly toSql: Readonly<Record<ValueKind, (value: never) => SqlValue>>;
  /** Makes the value again that `toSql` was given. */
  readonly fromSql: Readonly<Record<ValueKind, (value: never) => unknown>>;
  createTable(definition: TableDefinition): string;
  addColumn(table: string, column: Column): string;
  /** Keeps other transactions from creating tables until this one ends; absent where there is one writer at a time. */
  readonly lockTables?: string;
  /** Gives TableName, ColumnName and ColumnType of every column in the database. */
  readonly columnsSql: string;
  /** Gives ColumnName and ColumnType of the columns of an application's table, which its schema's name may stand in front of. */
  columnsOf(table: readonly string[]): SqlText;
  /**
   * Which types of columns in an application's tables hold every value of a kind unchanged, or refuse it; and all of whose
   * values, but for single ones that are refused when rows are taken over, are of the kind.
   */
  readonly existingTypes: Readonly<Record<ValueKind, RegExp>>;
  /** Whether names of columns that differ in nothing but their case are two. */
  readonly keepsCase: boolean;
  /** Limits a SELECT, which has an ORDER BY, to its first rows. */
  firstRows(select: string, rows: number): string;
  /** What makes a SELECT from one table lock its rows until the transaction ends; empty where there is one writer at a time. */
  readonly rowLock: {
    readonly behindTable: string;
    readonly behindSelect: string;
    /** A statement that locks instead, ahead of the SELECT in one text with it. The first `count` parameters are the tech-ids. */
    readonly ahead?: (table: string, count: number) => string;
  };
  /** Inserts several rows with one statement; absent where that gains nothing. */
  insertRows?(table: string, columns: readonly Column[], rows: readonly (readonly SqlValue[])[]): SqlText;
  /** Whether the database keeps this table name for itself. */
  isReserved(table: string): boolean;
  /** Writes a slice as a condition over Topics and UpdateTime. */
  condition(slice: TopicsSlice, now: Date): SqlText;
  /** Statements that mark a point in a transaction, undo what came after it, and forget it. */
  readonly savepoint: { readonly begin: string; readonly rollBack: string; readonly release: string };
}

const dialects: Readonly<Record<Dialect, EntitiesDialect>> = {
  sqlite: sqliteEntities,
  postgresql: postgresqlEntities,
  sqlserver: sqlServerEntities,
};

/** Gives the dialect of a store. */
export function entitiesDialect(dialect: Dialect): EntitiesDialect {
  return dialects[dialect];
}
