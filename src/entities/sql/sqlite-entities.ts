import type { ValueKind } from "../../delta/field-type.js";
import type { Column, EntitiesDialect } from "./entities-dialect.js";
import { conditionValue } from "./slice-condition.js";
import { plainFromSql, plainToSql } from "./value-conversions.js";

const columnTypes: Readonly<Record<ValueKind, string>> = {
  string: "TEXT",
  int32: "INTEGER",
  int64: "INTEGER",
  // A REAL column would give 0 for -0.
  float64: "ANY",
  // Digits as they were written: no number of SQLite holds them all.
  decimal: "TEXT",
  boolean: "INTEGER",
  dateTime: "INTEGER",
  guid: "TEXT",
  bytes: "BLOB",
  json: "TEXT",
};

/** By the rules of SQLite: a name with INT in it makes whole numbers of texts, whatever else stands in it. */
const text = /^(?!.*INT).*(CHAR|CLOB|TEXT)/;

const existingTypes: Readonly<Record<ValueKind, RegExp>> = {
  string: text,
  int32: /INT/,
  int64: /INT/,
  float64: /^ANY$|^(?!.*(INT|CHAR|CLOB|TEXT|BLOB)).*(REAL|FLOA|DOUB)/,
  decimal: text,
  boolean: /INT|BOOL/,
  dateTime: /INT/,
  // No number is made of a GUID.
  guid: /^(?!.*INT).*(CHAR|CLOB|TEXT|GUID|UUID|UNIQUEIDENTIFIER)/,
  bytes: /^(?!.*(INT|CHAR|CLOB|TEXT)).*BLOB/,
  json: text,
};

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const define = ({ name, kind, isField }: Column): string =>
  `${quote(name)} ${columnTypes[kind]}${isField ? "" : " NOT NULL"}`;

/** Tables of entities in SQLite. STRICT: a value of another type is refused instead of being converted. */
export const sqliteEntities: EntitiesDialect = {
  quote,
  nameLengthMax: Infinity,
  columnTypes,
  toSql: plainToSql,
  // A whole number that is too large to be a safe one is stored as a REAL and comes back as a number all the same.
  fromSql: plainFromSql,
  createTable({ name, columns, key, isClustered }) {
    const items = [...columns.map(define), `PRIMARY KEY (${key.map(quote).join(", ")})`];
    // Entities may be wide, and random keys would spread them: only parts are clustered.
    return `CREATE TABLE IF NOT EXISTS ${quote(name)} (${items.join(", ")}) STRICT${isClustered ? ", WITHOUT ROWID" : ""}`;
  },
  addColumn: (table, column) => `ALTER TABLE ${quote(table)} ADD COLUMN ${define(column)}`,
  columnsSql:
    "SELECT m.name AS TableName, c.name AS ColumnName, c.type AS ColumnType" +
    " FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'",
  columnsOf: (table) => ({
    sql: "SELECT name AS ColumnName, type AS ColumnType FROM pragma_table_info(?, ?)",
    parameters: [table.at(-1)!, table.length > 1 ? table[0]! : null],
  }),
  existingTypes,
  keepsCase: false,
  firstRows: (select, rows) => `${select} LIMIT ${rows}`,
  rowLock: { behindTable: "", behindSelect: "" },
  isReserved: (table) => /^sqlite_/i.test(table),
  condition(slice, now) {
    const { sql, parameters } = slice.where("sqlite", { now });
    return { sql, parameters: parameters.map(conditionValue) };
  },
  savepoint: {
    begin: "SAVEPOINT LiveDistUnit",
    rollBack: "ROLLBACK TO LiveDistUnit",
    release: "RELEASE LiveDistUnit",
  },
};
