import type { ValueKind } from "../../delta/field-type.js";
import type { SqlValue } from "../../store/store.js";

const same = (value: never): never => value;

/** Makes the values of columns, where a database holds texts and numbers as they are; a dialect says what it does otherwise. */
export const plainToSql = {
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

/** Makes the values again that `plainToSql` was given. */
export const plainFromSql = {
  string: same,
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
