import type { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { bytesToGuid, guidToBytes } from "../base/guid.js";
import type { DeltaClass } from "./delta-class.js";
import type { DeltaObject } from "./delta-object.js";
import {
  deltaFlags,
  readEncodedDelta,
  TECH_ID_BYTES,
  writeHeader,
  type DeltaHeader,
  type EncodedDelta,
} from "./encoded-delta.js";
import { FieldCursor } from "./field-cursor.js";
import { readFields, writeFields } from "./fields-codec.js";
import { isWhole } from "./oper.js";
import type { Schema } from "./schema.js";

// Encoding is synchronous and never re-entered, so one set of scratch buffers serves all.
const header = new ByteWriter();
const structure = new ByteWriter();
const body = new ByteWriter();
const techIdScratch = new Uint8Array(TECH_ID_BYTES);

/** Writes one delta-object. Throws DeltaBufferError where its class is not of the schema. */
export function writeDelta(writer: ByteWriter, schema: Schema, delta: DeltaObject): void {
  const { deltaClass, oper } = delta;
  const classIndex = schema.indexOf(deltaClass);
  if (classIndex === undefined)
    throw new DeltaBufferError(`delta-class ${deltaClass.name} is not in schema ${schema.name}`);
  structure.reset();
  body.reset();
  if (oper !== "REGISTER" && oper !== "DELETE" && !delta.leaves) {
    writeFields({ structure, body }, deltaClass, delta.fields, isWhole(oper));
  }
  guidToBytes(delta.techId, techIdScratch, 0);
  writeEncoded(writer, headerOf(delta, classIndex), techIdScratch, structure.view(), body.view());
}

/** Puts a delta-object together from its header and the bytes of its fields. */
export function writeEncoded(
  writer: ByteWriter,
  fields: DeltaHeader,
  techId: Uint8Array,
  structureBytes: Uint8Array,
  bodyBytes: Uint8Array,
): void {
  header.reset();
  writeHeader(header, fields, techId);
  header.varint(structureBytes.length);
  writer.varint(header.length + structureBytes.length + bodyBytes.length);
  writer.bytes(header.view());
  writer.bytes(structureBytes);
  writer.bytes(bodyBytes);
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

/** Reads one delta-object whole, in the classes of the schema that wrote it. Throws DeltaBufferError. */
export function readDelta(reader: ByteReader, schema: Schema): DeltaObject {
  return decodeDelta(readEncodedDelta(reader), schema);
}

/** Decodes the fields of a delta-object whose header was read. Throws DeltaBufferError. */
export function decodeDelta(encoded: EncodedDelta, schema: Schema): DeltaObject {
  const { oper, flags } = encoded;
  const deltaClass = classOf(encoded, schema);
  const updateTime = new Date(encoded.updateTimeMs);
  if (Number.isNaN(updateTime.getTime())) throw new DeltaBufferError("an UpdateTime is out of range");
  return {
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
}

/** Gives the delta-class of a delta-object. Throws DeltaBufferError where the schema has no class with its index. */
export function classOf({ classIndex }: DeltaHeader, schema: Schema): DeltaClass {
  const deltaClass = schema.classes[classIndex];
  if (deltaClass === undefined)
    throw new DeltaBufferError(`schema ${schema.name} has no delta-class with index ${classIndex}`);
  return deltaClass;
}

function decodeFields(encoded: EncodedDelta, deltaClass: DeltaClass): Record<string, unknown> {
  // REGISTER, DELETE and a delta that leaves have no structure at all.
  if (encoded.structureAt === encoded.end) return {};
  const cursor = FieldCursor.of(encoded);
  const fields = readFields(cursor, deltaClass, isWhole(encoded.oper));
  cursor.finish();
  return fields;
}
