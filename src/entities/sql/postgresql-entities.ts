import type { ValueKind } from "../../delta/field-type.js";
import type { SqlValue } from "../../store/store.js";
import type { Column, EntitiesDialect } from "./entities-dialect.js";
import { escapeNul, unescapeNul } from "./escape-nul.js";
import { unnumberedCondition } from "./slice-condition.js";
import { plainFromSql, plainToSql } from "./value-conversions.js";

const columnTypes: Readonly<Record<ValueKind, string>> = {
  string: "TEXT",
  int32: "INTEGER",
  int64: "BIGINT",
  float64: "DOUBLE PRECISION",
  // Digits as they were written, "007" too: a NUMERIC would write them its own way.
  decimal: "TEXT",
  boolean: "BOOLEAN",
  // Milliseconds since 1970: a TIMESTAMPTZ does not reach as far back as a Date.
  dateTime: "BIGINT",
  guid: "UUID",
  bytes: "BYTEA",
  // JSONB would refuse an escaped NUL and bring keys into another order.
  json: "TEXT",
};

const existingTypes: Readonly<Record<ValueKind, RegExp>> = {
  // A CHARACTER(n) fills up with blanks.
  string: /^(TEXT|CHARACTER VARYING)/,
  int32: /^INTEGER$/,
  int64: /^BIGINT$/,
  float64: /^DOUBLE PRECISION$/,
  // A NUMERIC with a precision would round without a word.
  decimal: /^(TEXT|CHARACTER VARYING)/,
  boolean: /^BOOLEAN$/,
  dateTime: /^BIGINT$/,
  guid: /^UUID$/,
  bytes: /^BYTEA$/,
  json: /^(TEXT|CHARACTER VARYING)/,
};

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const define = ({ name, kind, isField }: Column): string =>
  `${quote(name)} ${columnTypes[kind]}${isField ? "" : " NOT NULL"}`;

/** Writes values as PostgreSQL reads an array: a parameter of a SqlSession is a single value. */
function arrayOf(values: readonly SqlValue[]): string {
  return `{${values.map(elementOf).join(",")}}`;
}

function elementOf(value: SqlValue): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString("hex")}"`;
  if (typeof value === "string") return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Tables of entities in PostgreSQL. */
export const postgresqlEntities: EntitiesDialect = {
  quote,
  nameLengthMax: 63,
  columnTypes,
  toSql: { ...plainToSql, string: escapeNul },
  fromSql: { ...plainFromSql, string: unescapeNul },
  createTable({ name, columns, key }) {
    const items = [...columns.map(define), `PRIMARY KEY (${key.map(quote).join(", ")})`];
    return `CREATE TABLE IF NOT EXISTS ${quote(name)} (${items.join(", ")})`;
  },
  addColumn: (table, column) => `ALTER TABLE ${quote(table)} ADD COLUMN IF NOT EXISTS ${define(column)}`,
  // IF NOT EXISTS does not make two that create at the same time wait for each other.
  lockTables: "SELECT pg_advisory_xact_lock(1279872073, 2)",
  columnsSql:
    'SELECT relname AS "TableName", attname AS "ColumnName", format_type(atttypid, atttypmod) AS "ColumnType"' +
    " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid" +
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped",
  columnsOf: (table) => ({
    sql:
      'SELECT attname AS "ColumnName", format_type(atttypid, atttypmod) AS "ColumnType" FROM pg_attribute' +
      " WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped",
    parameters: [table.map(quote).join(".")],
  }),
  existingTypes,
  keepsCase: true,
  firstRows: (select, rows) => `${select} LIMIT ${rows}`,
  // References to an entity may be checked meanwhile.
  rowLock: { behindTable: "", behindSelect: " FOR NO KEY UPDATE" },
  insertRows(table, columns, rows) {
    const arrays = columns.map(({ kind }) => `?::${columnTypes[kind]}[]`);
    const names = columns.map(({ name }) => quote(name));
    return {
      sql: `INSERT INTO ${quote(table)} (${names.join(", ")}) SELECT * FROM unnest(${arrays.join(", ")})`,
      parameters: columns.map((_, index) => arrayOf(rows.map((row) => row[index]!))),
    };
  },
  isReserved: (table) => /^pg_/i.test(table),
  condition: (slice, now) => unnumberedCondition(slice.where("postgresql", { now }), /\$(\d+)/g),
  savepoint: {
    begin: "SAVEPOINT LiveDistUnit",
    rollBack: "ROLLBACK TO SAVEPOINT LiveDistUnit",
    release: "RELEASE SAVEPOINT LiveDistUnit",
  },
};
