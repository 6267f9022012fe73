import type { ValueKind } from "../../delta/field-type.js";
import type { SqlValue } from "../../store/store.js";
import type { Column, EntitiesDialect } from "./entities-dialect.js";
import { escapeNul, unescapeNul } from "./escape-nul.js";

const same = (value: never): never => value;

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

const toSql = {
  string: escapeNul,
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
  string: unescapeNul,
  int32: same,
  int64: (value: number | bigint) => BigInt(value),
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
  toSql,
  fromSql,
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
  condition(slice, now) {
    const { sql, parameters } = slice.where("postgresql", { now });
    const values: SqlValue[] = [];
    // A marker may stand several times for one parameter; those of a SqlSession do not.
    const text = sql.replaceAll(/\$(\d+)/g, (_, number: string) => {
      const value = parameters[Number(number) - 1]!;
      values.push(value instanceof Date ? value.getTime() : value);
      return "?";
    });
    return { sql: text, parameters: values };
  },
  savepoint: {
    begin: "SAVEPOINT LiveDistUnit",
    rollBack: "ROLLBACK TO SAVEPOINT LiveDistUnit",
    release: "RELEASE SAVEPOINT LiveDistUnit",
  },
};
