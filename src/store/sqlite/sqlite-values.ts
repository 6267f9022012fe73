import type { SqlRow, SqlValue } from "../store.js";

/**
 * Makes parameters of what better-sqlite3 binds. It binds every number as a REAL, which in a column without affinity, or
 * in an expression, is not the integer that was meant; a bigint is bound as an INTEGER.
 */
export function toSqlite(parameters: readonly SqlValue[]): SqlValue[] {
  return parameters.map((value) => (isInteger(value) ? BigInt(value) : value));
}

function isInteger(value: SqlValue): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** Makes a row, as better-sqlite3 read it with safe integers, into one of ours, in place. */
export function fromSqlite(row: Record<string, SqlValue>): SqlRow {
  for (const name in row) {
    const value = row[name]!;
    if (typeof value === "bigint") row[name] = toNumber(value);
    // A Buffer is a Uint8Array whose `slice` means something else; give what the type says.
    else if (value instanceof Uint8Array) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return row;
}

function toNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
