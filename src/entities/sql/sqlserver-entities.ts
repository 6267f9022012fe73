import type { ValueKind } from "../../delta/field-type.js";
import type { Column, EntitiesDialect, TableDefinition } from "./entities-dialect.js";
import { escapeNul, unescapeNul } from "./escape-nul.js";
import { unnumberedCondition } from "./slice-condition.js";
import { plainFromSql, plainToSql } from "./value-conversions.js";

const columnTypes: Readonly<Record<ValueKind, string>> = {
  string: "NVARCHAR",
  int32: "INT",
  int64: "BIGINT",
  // The shortest digits that give the number again: a FLOAT has neither -0 nor the numbers nearest to it.
  float64: "VARCHAR",
  // Digits as they were written: no number of SQL Server holds them all.
  decimal: "VARCHAR",
  boolean: "BIT",
  // Milliseconds since 1970: a DATETIME2 does not reach as far as a Date.
  dateTime: "BIGINT",
  guid: "UNIQUEIDENTIFIER",
  bytes: "VARBINARY",
  json: "NVARCHAR",
};

const existingTypes: Readonly<Record<ValueKind, RegExp>> = {
  // A VARCHAR would make question marks of what its code page does not have.
  string: /^NVARCHAR$/,
  int32: /^INT$/,
  int64: /^BIGINT$/,
  float64: /^(FLOAT|N?VARCHAR)$/,
  // A DECIMAL would round without a word.
  decimal: /^N?VARCHAR$/,
  boolean: /^BIT$/,
  dateTime: /^BIGINT$/,
  guid: /^UNIQUEIDENTIFIER$/,
  bytes: /^VARBINARY$/,
  json: /^NVARCHAR$/,
};

/** How types are declared that have a length. */
const lengths: Readonly<Partial<Record<ValueKind, string>>> = {
  string: "(MAX)",
  float64: "(32)",
  decimal: "(MAX)",
  bytes: "(MAX)",
  json: "(MAX)",
};

/** Texts in a key have to be short, and compare ordinally. */
const KEY_TEXT = "NVARCHAR(400) COLLATE Latin1_General_100_BIN2";

const toSql = {
  ...plainToSql,
  // SQL Server holds NUL too; Babelfish, on PostgreSQL, does not.
  string: escapeNul,
  float64: (value: number) => (Object.is(value, -0) ? "-0" : String(value)),
};

const fromSql = {
  ...plainFromSql,
  string: unescapeNul,
  float64: Number,
  guid: (value: string) => value.toLowerCase(),
};

const quote = (name: string): string => `[${name.replaceAll("]", "]]")}]`;

function define({ name, kind, isField }: Column, key: readonly string[] = []): string {
  const type = kind === "string" && key.includes(name) ? KEY_TEXT : columnTypes[kind] + (lengths[kind] ?? "");
  return `${quote(name)} ${type}${isField ? " NULL" : " NOT NULL"}`;
}

/** The name of a table as a string of T-SQL. */
const named = (table: string): string => `N'${quote(table).replaceAll("'", "''")}'`;

function createTable({ name, columns, key, isClustered }: TableDefinition): string {
  const primaryKey = `PRIMARY KEY ${isClustered ? "CLUSTERED" : "NONCLUSTERED"} (${key.map(quote).join(", ")})`;
  const items = [...columns.map((column) => define(column, key)), primaryKey];
  return `IF OBJECT_ID(${named(name)}, N'U') IS NULL CREATE TABLE ${quote(name)} (${items.join(", ")})`;
}

/** Tables of entities in SQL Server. */
export const sqlServerEntities: EntitiesDialect = {
  quote,
  nameLengthMax: 128,
  columnTypes,
  toSql,
  fromSql,
  createTable,
  addColumn: (table, column) =>
    `IF COL_LENGTH(${named(table)}, N'${column.name.replaceAll("'", "''")}') IS NULL` +
    ` ALTER TABLE ${quote(table)} ADD ${define(column)}`,
  // It waits as long as for any lock, and tells by its value that it has waited in vain.
  lockTables:
    "DECLARE @given INT; EXEC @given = sp_getapplock N'LiveDistEntityTables', N'Exclusive', N'Transaction';" +
    " IF @given < 0 THROW 50003, N'another transaction is creating tables of entities; run it again', 1",
  columnsSql:
    "SELECT TABLE_NAME AS TableName, COLUMN_NAME AS ColumnName, DATA_TYPE AS ColumnType" +
    " FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = SCHEMA_NAME()",
  columnsOf: (table) => ({
    sql:
      "SELECT c.name AS ColumnName, t.name AS ColumnType FROM sys.columns AS c" +
      " JOIN sys.types AS t ON t.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID(?)",
    parameters: [table.map(quote).join(".")],
  }),
  existingTypes,
  keepsCase: false,
  firstRows: (select, rows) => select.replace(/^SELECT /, `SELECT TOP (${rows}) `),
  // A lock that a server may take for a mere hint would not do: the row is written, though nothing of it changes.
  rowLock: {
    behindTable: "",
    behindSelect: "",
    ahead(table, count) {
      const techIds = Array.from({ length: count }, (_, index) => `@p${index + 1}`);
      return `UPDATE ${table} SET [InCache] = [InCache] WHERE [TechId] IN (${techIds.join(", ")}); `;
    },
  },
  isReserved: () => false,
  condition: (slice, now) => unnumberedCondition(slice.where("sqlserver", { now }), /@p(\d+)/g),
  savepoint: {
    begin: "SAVE TRANSACTION LiveDistUnit",
    rollBack: "ROLLBACK TRANSACTION LiveDistUnit",
    // T-SQL forgets it with the transaction, and a later one takes its name.
    release: "SELECT 1 AS Released",
  },
};
