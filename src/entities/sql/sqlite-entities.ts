import type { ValueKind } from "../../delta/field-type.js";
import type { SqlValue } from "../../store/store.js";
import type { Column, EntitiesDialect } from "./entities-dialect.js";

const same = (value: never): never => value;

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

const toSql = {
  string: same,
  int32: same,
  int64: same,
  float64: same,
  decimal: same,
  boolean: (value: boolean) => (value ? 1 : 0),
  dateTime: (value: Date) => value.getTime(),
  guid: same,
  bytes: same,
  json: (value: unknown) => JSON.stringify(value),
} satisfies Record<ValueKind, (value: never) => SqlValue>;

const fromSql = {
  string: same,
  int32: same,
  int64: (value: number | bigint) => BigInt(value),
  // A whole number that is too large to be a safe one is stored as a REAL and comes back as a number all the same.
  float64: same,
  decimal: same,
  boolean: (value: number) => value !== 0,
  dateTime: (value: number) => new Date(value),
  guid: same,
  bytes: same,
  json: (value: string) => JSON.parse(value) as unknown,
} satisfies Record<ValueKind, (value: never) => unknown>;

const quote = (name: string): string => `"${name}"`;

const define = ({ name, kind, isField }: Column): string =>
  `${quote(name)} ${columnTypes[kind]}${isField ? "" : " NOT NULL"}`;

/** Tables of entities in SQLite. STRICT: a value of another type is refused instead of being converted. */
export const sqliteEntities: EntitiesDialect = {
  quote,
  nameLengthMax: Infinity,
  columnTypes,
  toSql,
  fromSql,
  createTable({ name, columns, key, isClustered }) {
    const items = [...columns.map(define), `PRIMARY KEY (${key.map(quote).join(", ")})`];
    // Entities may be wide, and random keys would spread them: only parts are clustered.
    return `CREATE TABLE IF NOT EXISTS ${quote(name)} (${items.join(", ")}) STRICT${isClustered ? ", WITHOUT ROWID" : ""}`;
  },
  addColumn: (table, column) => `ALTER TABLE ${quote(table)} ADD COLUMN ${define(column)}`,
  columnsSql:
    "SELECT m.name AS TableName, c.name AS ColumnName, c.type AS ColumnType" +
    " FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'",
  firstRows: (select, rows) => `${select} LIMIT ${rows}`,
  rowLock: { behindTable: "", behindSelect: "" },
  isReserved: (table) => /^sqlite_/i.test(table),
  condition(slice, now) {
    const { sql, parameters } = slice.where("sqlite", { now });
    return { sql, parameters: parameters.map((value) => (value instanceof Date ? value.getTime() : value)) };
  },
  savepoint: {
    begin: "SAVEPOINT LiveDistUnit",
    rollBack: "ROLLBACK TO LiveDistUnit",
    release: "RELEASE LiveDistUnit",
  },
};
