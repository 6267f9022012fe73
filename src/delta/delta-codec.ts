import { ByteWriter, varintSize } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { bytesToGuid } from "../base/guid.js";
import type { DeltaClass } from "./delta-class.js";
import type { DeltaObject } from "./delta-object.js";
import { type DeltaHeader, type EncodedDelta, deltaFlags, writeHeader } from "./encoded-delta.js";
import { FieldCursor } from "./field-cursor.js";
import { readFields, writeFields } from "./fields-codec.js";
import { isWhole } from "./oper.js";
import type { Schema } from "./schema.js";

// Encoding is synchronous and never re-entered, so one scratch buffer serves all.
const structure = new ByteWriter();

/** Bytes that the size and the structure took in the delta-object before: mostly the next ones take as many. */
let sizeBytes = 1;
let structureBytes = 1;

/** Writes one delta-object. Throws DeltaBufferError where its class is not of the schema. */
export function writeDelta(writer: ByteWriter, schema: Schema, delta: DeltaObject): void {
  const { deltaClass, oper } = delta;
  const classIndex = schema.indexOf(deltaClass);
  if (classIndex === undefined)
    throw new DeltaBufferError(`delta-class ${deltaClass.name} is not in schema ${schema.name}`);
  const start = beginDelta(writer);
  writeHeader(writer, headerOf(delta, classIndex), delta.techId);
  // The body is written where it will probably stand; the structure, which is short, is put in front of it when it is known.
  const structureAt = writer.reserve(structureBytes);
  structure.reset();
  if (oper !== "REGISTER" && oper !== "DELETE" && !delta.leaves)
    writeFields({ structure, body: writer }, deltaClass, delta.fields, isWhole(oper));
  putStructure(writer, structureAt);
  finishDelta(writer, start);
}

function beginDelta(writer: ByteWriter): number {
  return writer.reserve(sizeBytes);
}

function finishDelta(writer: ByteWriter, start: number): void {
  const size = writer.length - start - sizeBytes;
  const needed = varintSize(size);
  writer.resize(start, sizeBytes, needed);
  writer.setVarint(start, size);
  sizeBytes = needed;
}

function putStructure(writer: ByteWriter, at: number): void {
  const lengthBytes = varintSize(structure.length);
  const needed = lengthBytes + structure.length;
  writer.resize(at, structureBytes, needed);
  writer.setVarint(at, structure.length);
  writer.setWritten(at + lengthBytes, structure);
  structureBytes = needed;
}

/** Puts a delta-object together from its header and the bytes of its fields. */
export function writeEncoded(
  writer: ByteWriter,
  header: DeltaHeader,
  techId: Uint8Array,
  structureBytes: Uint8Array,
  bodyBytes: Uint8Array,
): void {
  const start = beginDelta(writer);
  writeHeader(writer, header, techId);
  writer.varint(structureBytes.length);
  writer.bytes(structureBytes);
  writer.bytes(bodyBytes);
  finishDelta(writer, start);
}

function headerOf(delta: DeltaObject, classIndex: number): DeltaHeader {
  const flags =
    (delta.inCache ? deltaFlags.inCache : 0) |
    (delta.leaves ? deltaFlags.leaves : 0) |
    (delta.takesSynchronized ? deltaFlags.takesSynchronized : 0) |
    (delta.forThisClientAlone ? deltaFlags.forThisClientAlone : 0);
  const { oper, version, topics, oldTopics, fieldVersions } = delta;
  return {
    oper,
    flags,
    classIndex,
    version,
    updateTimeMs: delta.updateTime.getTime(),
    topics,
    oldTopics,
    fieldVersions,
  };
}

/** Decodes the fields of a delta-object whose header was read. Throws DeltaBufferError. */
export function decodeDelta(encoded: EncodedDelta, schema: Schema, sequence?: number): DeltaObject {
  const { oper, flags } = encoded;
  const deltaClass = classOf(encoded, schema);
  const updateTime = new Date(encoded.updateTimeMs);
  if (Number.isNaN(updateTime.getTime())) throw new DeltaBufferError("an UpdateTime is out of range");
  const delta: Writable<DeltaObject> = {
    deltaClass,
    oper,
    techId: bytesToGuid(encoded.bytes, encoded.techIdAt),
    updateTime,
    topics: encoded.topics,
    oldTopics: encoded.oldTopics,
    fields: decodeFields(encoded, deltaClass),
    version: encoded.version,
    fieldVersions: encoded.fieldVersions,
    inCache: (flags & deltaFlags.inCache) !== 0,
    leaves: (flags & deltaFlags.leaves) !== 0,
    takesSynchronized: (flags & deltaFlags.takesSynchronized) !== 0,
    forThisClientAlone: (flags & deltaFlags.forThisClientAlone) !== 0,
  };
  // Absent where there is none; a copy of the object with it would cost as much as decoding it.
  if (sequence !== undefined) delta.sequence = sequence;
  return delta;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Gives the delta-class of a delta-object. Throws DeltaBufferError where the schema has no class with its index. */
export function classOf({ classIndex }: DeltaHeader, schema: Schema): DeltaClass {
  const deltaClass = schema.classes[classIndex];
  if (deltaClass === undefined)
    throw new DeltaBufferError(`schema ${schema.name} has no delta-class with index ${classIndex}`);
  return deltaClass;
}

/** Fields are read synchronously, so one cursor serves all. */
const cursor = FieldCursor.nowhere();

function decodeFields(encoded: EncodedDelta, deltaClass: DeltaClass): Record<string, unknown> {
  // REGISTER, DELETE and a delta that leaves have no structure at all.
  if (encoded.structureAt === encoded.end) return {};
  cursor.move(encoded);
  const fields = readFields(cursor, deltaClass, isWhole(encoded.oper));
  cursor.finish();
  return fields;
}
