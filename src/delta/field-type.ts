import type { ByteReader } from "../base/byte-reader.js";
import type { ByteWriter } from "../base/byte-writer.js";
import type { DeltaClass, FieldMap } from "./delta-class.js";

export type ValueKind =
  "string" | "int32" | "int64" | "float64" | "decimal" | "boolean" | "dateTime" | "guid" | "bytes" | "json";

/** The type of a field that holds one value. `T` is the TypeScript type; null stands beside it for every field. */
export interface ValueType<T = unknown> {
  readonly kind: ValueKind;
  /** Bytes that every value takes in a delta-buffer; undefined where they differ. */
  readonly fixedBytes: number | undefined;
  /** Says what is wrong with a value, or undefined where it is one of this type. */
  check(value: unknown): string | undefined;
  /** Writes a checked value, without its length. */
  write(writer: ByteWriter, value: T): void;
  /** Reads a value that takes exactly `size` bytes. Throws DeltaBufferError where they are none of this type. */
  read(reader: ByteReader, size: number): T;
  /** Tells whether two values of this type are the same. */
  equal(a: T, b: T): boolean;
}

/** A field that holds one second-class entity (guide §3.1). */
export interface PartType<F extends FieldMap = FieldMap> {
  readonly kind: "part";
  readonly deltaClass: DeltaClass<F>;
}

/** A field that holds a collection of second-class entities (guide §3.1). */
export interface PartsType<F extends FieldMap = FieldMap> {
  readonly kind: "parts";
  readonly deltaClass: DeltaClass<F>;
}

export type FieldType = ValueType | PartType | PartsType;

/** Tells parts from values. */
export function isPart(type: FieldType): type is PartType | PartsType {
  return type.kind === "part" || type.kind === "parts";
}
