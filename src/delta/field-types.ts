import type { ByteReader } from "../base/byte-reader.js";
import { DeltaBufferError } from "../base/errors.js";
import { isGuid } from "../base/guid.js";
import type { DeltaClass, FieldMap } from "./delta-class.js";
import type { PartsType, PartType, ValueKind, ValueType } from "./field-type.js";

/** A JSON value as a field holds it; JSON's null is the field's null. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Declares a text: any Unicode scalar values, NUL included; lone surrogates are refused. */
export function string(): ValueType<string> {
  return types.string;
}

/** Declares a whole number from -2^31 to 2^31-1. */
export function int32(): ValueType<number> {
  return types.int32;
}

/** Declares a whole number from -2^63 to 2^63-1, a `bigint` in TypeScript. */
export function int64(): ValueType<bigint> {
  return types.int64;
}

/** Declares a double-precision number. */
export function float64(): ValueType<number> {
  return types.float64;
}

/** Declares a decimal number, a `string` such as "-12.50" in TypeScript; it comes back as it was written. */
export function decimal(): ValueType<string> {
  return types.decimal;
}

/** Declares a yes or no. */
export function boolean(): ValueType<boolean> {
  return types.boolean;
}

/** Declares a moment to the millisecond, a `Date` in TypeScript. */
export function dateTime(): ValueType<Date> {
  return types.dateTime;
}

/** Declares a GUID, a lower-case `string` in TypeScript: for links to other entities (guide §3.3). */
export function guid(): ValueType<string> {
  return types.guid;
}

/** Declares bytes, a `Uint8Array` in TypeScript. */
export function bytes(): ValueType<Uint8Array> {
  return types.bytes;
}

/** Declares any JSON value. */
export function json(): ValueType<Json> {
  return types.json;
}

/** Declares one second-class entity (guide §3.1). */
export function part<F extends FieldMap>(deltaClass: DeltaClass<F>): PartType<F> {
  return { kind: "part", deltaClass };
}

/** Declares a collection of second-class entities (guide §3.1). */
export function parts<F extends FieldMap>(deltaClass: DeltaClass<F>): PartsType<F> {
  return { kind: "parts", deltaClass };
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const DECIMAL_LENGTH_MAX = 1_000;

const identical = (a: unknown, b: unknown): boolean => Object.is(a, b);
const isText = (value: unknown): string | undefined =>
  typeof value !== "string" ? "must be a string" : value.isWellFormed() ? undefined : "holds a lone surrogate";

const stringType: ValueType<string> = {
  kind: "string",
  fixedBytes: undefined,
  check: isText,
  write: (writer, value) => void writer.utf8(value),
  read: (reader, size) => reader.utf8(size),
  equal: identical,
};

const int32Type: ValueType<number> = {
  kind: "int32",
  fixedBytes: 4,
  check: (value) =>
    typeof value === "number" && (value | 0) === value ? undefined : "must be a whole number of 32 bits",
  write: (writer, value) => writer.i32(value),
  read: (reader) => reader.i32(),
  equal: (a, b) => a === b,
};

const int64Type: ValueType<bigint> = {
  kind: "int64",
  fixedBytes: 8,
  check: (value) =>
    typeof value === "bigint" && value >= INT64_MIN && value <= INT64_MAX ? undefined : "must be a bigint of 64 bits",
  write: (writer, value) => writer.i64(value),
  read: (reader) => reader.i64(),
  equal: identical,
};

const float64Type: ValueType<number> = {
  kind: "float64",
  fixedBytes: 8,
  check: (value) => (typeof value === "number" ? undefined : "must be a number"),
  write: (writer, value) => writer.f64(value),
  read: (reader) => reader.f64(),
  equal: identical,
};

const decimalType: ValueType<string> = {
  kind: "decimal",
  fixedBytes: undefined,
  check: (value) =>
    typeof value === "string" && value.length <= DECIMAL_LENGTH_MAX && /^[+-]?\d+(\.\d+)?$/.test(value)
      ? undefined
      : 'must be a decimal number in a string, such as "-12.50"',
  write: (writer, value) => void writer.utf8(value),
  read: (reader, size) => reader.utf8(size),
  equal: identical,
};

const booleanType: ValueType<boolean> = {
  kind: "boolean",
  fixedBytes: 1,
  check: (value) => (typeof value === "boolean" ? undefined : "must be a boolean"),
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read(reader) {
    const byte = reader.u8();
    if (byte > 1) throw new DeltaBufferError(`a boolean is ${byte}`);
    return byte === 1;
  },
  equal: identical,
};

const dateTimeType: ValueType<Date> = {
  kind: "dateTime",
  fixedBytes: 8,
  check: (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : "must be a valid Date"),
  write: (writer, value) => writer.f64(value.getTime()),
  read(reader) {
    const date = new Date(reader.f64());
    if (Number.isNaN(date.getTime())) throw new DeltaBufferError("a dateTime is out of range");
    return date;
  },
  equal: (a, b) => a.getTime() === b.getTime(),
};

const guidType: ValueType<string> = {
  kind: "guid",
  fixedBytes: 16,
  check: (value) => (typeof value === "string" && isGuid(value) ? undefined : "must be a GUID"),
  write: (writer, value) => writer.guid(value),
  read: (reader) => reader.guid(),
  equal: (a, b) => a.toLowerCase() === b.toLowerCase(),
};

const bytesType: ValueType<Uint8Array> = {
  kind: "bytes",
  fixedBytes: undefined,
  check: (value) => (value instanceof Uint8Array ? undefined : "must be a Uint8Array"),
  write: (writer, value) => writer.bytes(value),
  // A copy, so that a small value does not keep the whole delta-buffer in memory.
  read: (reader, size) => new Uint8Array(reader.view(size)),
  equal: (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]),
};

const jsonType: ValueType<Json> = {
  kind: "json",
  fixedBytes: undefined,
  check(value) {
    try {
      const text = JSON.stringify(value) as string | undefined;
      return text === undefined ? "must be a JSON value" : isText(text);
    } catch (error) {
      return `must be a JSON value: ${(error as Error).message}`;
    }
  },
  write: (writer, value) => void writer.utf8(JSON.stringify(value)),
  read: (reader, size) => readJson(reader, size),
  equal: (a, b) => JSON.stringify(a) === JSON.stringify(b),
};

function readJson(reader: ByteReader, size: number): Json {
  const text = reader.utf8(size);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new DeltaBufferError("a json field does not hold JSON", { cause: error });
  }
}

const types = {
  string: stringType,
  int32: int32Type,
  int64: int64Type,
  float64: float64Type,
  decimal: decimalType,
  boolean: booleanType,
  dateTime: dateTimeType,
  guid: guidType,
  bytes: bytesType,
  json: jsonType,
} as const satisfies Record<ValueKind, ValueType>;

/** Every type of value by its kind, for readers of schema texts. */
export const valueTypes: Readonly<Record<ValueKind, ValueType>> = types;
