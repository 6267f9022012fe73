import mssql from "mssql";
import type { SqlRow, SqlValue } from "../store.js";

/** Characters up to which a string is sent with a bounded type, which indexes can be searched by without a conversion. */
const BOUNDED_LENGTH_MAX = 4_000;
/** The same of bytes. A column compared with more, VARBINARY(MAX), could not be looked up in an index. */
const BOUNDED_BYTES_MAX = 8_000;
const INT_MAX = 2 ** 31;

export interface SqlServerParameter {
  readonly type: mssql.ISqlType | (() => mssql.ISqlType);
  readonly value: unknown;
  /** The type as T-SQL declares it. */
  readonly declaration: string;
}

/** Gives the type that a value is sent with. Null is never sent: see `statement`. */
export function toSqlServer(value: Exclude<SqlValue, null>): SqlServerParameter {
  if (typeof value === "string") {
    return value.length > BOUNDED_LENGTH_MAX
      ? { type: mssql.NVarChar(mssql.MAX), value, declaration: "NVARCHAR(MAX)" }
      : { type: mssql.NVarChar(BOUNDED_LENGTH_MAX), value, declaration: `NVARCHAR(${BOUNDED_LENGTH_MAX})` };
  }
  if (typeof value === "bigint") return { type: mssql.BigInt, value, declaration: "BIGINT" };
  if (typeof value === "number") return toNumber(value);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return bytes.length > BOUNDED_BYTES_MAX
    ? { type: mssql.VarBinary(mssql.MAX), value: bytes, declaration: "VARBINARY(MAX)" }
    : { type: mssql.VarBinary(BOUNDED_BYTES_MAX), value: bytes, declaration: `VARBINARY(${BOUNDED_BYTES_MAX})` };
}

function toNumber(value: number): SqlServerParameter {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { type: mssql.Float, value, declaration: "FLOAT" };
  return value >= -INT_MAX && value < INT_MAX
    ? { type: mssql.Int, value, declaration: "INT" }
    : { type: mssql.BigInt, value, declaration: "BIGINT" };
}

/** What is needed to know of a column of a result. */
export interface ResultColumn {
  readonly name: string;
  readonly type: unknown;
}

/** Makes rows of ours from arrays of values as mssql reads them. */
export function fromSqlServer(columns: readonly ResultColumn[], rows: readonly (readonly unknown[])[]): SqlRow[] {
  const isBigInt = columns.map(({ type }) => type === mssql.BigInt);
  return rows.map((values) => {
    const row: Record<string, SqlValue> = {};
    for (const [index, { name }] of columns.entries()) row[name] = fromValue(values[index], isBigInt[index]!);
    return row;
  });
}

function fromValue(value: unknown, isBigInt: boolean): SqlValue {
  if (value === null || value === undefined) return null;
  if (isBigInt) return toSafeNumber(BigInt(value as string));
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  // A Buffer is a Uint8Array whose `slice` means something else; give what the type says.
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value as SqlValue;
}

function toSafeNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
