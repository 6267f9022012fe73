import type { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { bytesToGuid, guidToBytes } from "../base/guid.js";
import type { DeltaClass, Field, PartDelta } from "./delta-class.js";
import { TECH_ID_BYTES } from "./encoded-delta.js";
import { fieldStateIn, fieldStates, readFieldBitmaps, writeFieldStates, type FieldCursor } from "./field-cursor.js";
import { isPart, type PartsType, type PartType, type ValueType } from "./field-type.js";
import { operName, operNumbers, type PartOper } from "./oper.js";

type LooseFields = Record<string, unknown>;

/** The two streams that fields are written to (see FieldCursor). */
export interface FieldWriters {
  readonly structure: ByteWriter;
  readonly body: ByteWriter;
}

const guidScratch = new Uint8Array(TECH_ID_BYTES);

/** Writes fields that `checkFields` has passed. `whole`: parts stand as whole objects, otherwise as second-class deltas. */
export function writeFields(writers: FieldWriters, deltaClass: DeltaClass, fields: LooseFields, whole: boolean): void {
  const list = deltaClass.fields;
  const states = new Uint8Array(list.length);
  const values = new Array<unknown>(list.length);
  for (const { index, name } of list) {
    const value = (values[index] = fields[name]);
    states[index] = value === undefined ? fieldStates.absent : value === null ? fieldStates.null : fieldStates.value;
  }
  writeFieldStates(writers.structure, list.length, states);
  for (const { index, type } of list) {
    if (states[index] !== fieldStates.value) continue;
    if (isPart(type)) writeParts(writers, type, values[index], whole);
    else writeValue(writers, type, values[index]);
  }
}

function writeValue({ structure, body }: FieldWriters, type: ValueType, value: unknown): void {
  const before = body.length;
  type.write(body, value);
  if (type.fixedBytes === undefined) structure.varint(body.length - before);
}

function writeParts(writers: FieldWriters, type: PartType | PartsType, value: unknown, whole: boolean): void {
  const list = type.kind === "parts" ? (value as readonly unknown[]) : [value];
  if (type.kind === "parts") writers.structure.varint(list.length);
  for (const one of list) {
    if (whole) writeWholePart(writers, type.deltaClass, one as { techId: string });
    else writePartDelta(writers, type.deltaClass, one as PartDelta);
  }
}

function writeWholePart(writers: FieldWriters, deltaClass: DeltaClass, part: { techId: string }): void {
  writeTechId(writers.structure, part.techId);
  writeFields(writers, deltaClass, part, true);
}

function writePartDelta(writers: FieldWriters, deltaClass: DeltaClass, { oper, techId, fields = {} }: PartDelta): void {
  writers.structure.u8(operNumbers[oper]);
  writeTechId(writers.structure, techId);
  if (oper !== "DELETE") writeFields(writers, deltaClass, fields, oper === "CREATE");
}

function writeTechId(structure: ByteWriter, techId: string): void {
  guidToBytes(techId, guidScratch, 0);
  structure.bytes(guidScratch);
}

/** Reads what `writeFields` wrote. Throws DeltaBufferError for anything else. */
export function readFields(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean): LooseFields {
  const fields: LooseFields = {};
  const bitmaps = readFieldBitmaps(cursor.structure, deltaClass.fields.length);
  for (const field of deltaClass.fields) {
    const state = fieldStateIn(bitmaps, field.index);
    if (state === fieldStates.null) fields[field.name] = null;
    else if (state === fieldStates.value) fields[field.name] = readField(cursor, field, whole);
  }
  return fields;
}

function readField(cursor: FieldCursor, { type }: Field, whole: boolean): unknown {
  if (!isPart(type)) return readValue(cursor, type);
  const readOne = whole ? readWholePart : readPartDelta;
  if (type.kind === "part") return readOne(cursor, type.deltaClass);
  const count = cursor.structure.count(TECH_ID_BYTES);
  const list: unknown[] = [];
  for (let at = 0; at < count; at++) list.push(readOne(cursor, type.deltaClass));
  return list;
}

function readValue({ structure, body }: FieldCursor, type: ValueType): unknown {
  const size = type.fixedBytes ?? structure.varint();
  if (size > body.remaining) throw new DeltaBufferError(`a value of ${size} bytes is longer than what is left`);
  const end = body.offset + size;
  const value = type.read(body, size);
  if (body.offset !== end) throw new DeltaBufferError(`a ${type.kind} does not fill its ${size} bytes`);
  return value;
}

function readWholePart(cursor: FieldCursor, deltaClass: DeltaClass): LooseFields {
  const techId = readTechId(cursor);
  return { techId, ...readFields(cursor, deltaClass, true) };
}

function readPartDelta(cursor: FieldCursor, deltaClass: DeltaClass): PartDelta {
  const oper = readPartOper(cursor);
  const techId = readTechId(cursor);
  if (oper === "DELETE") return { oper, techId };
  return { oper, techId, fields: readFields(cursor, deltaClass, oper === "CREATE") };
}

/** Reads the oper of a second-class delta. */
export function readPartOper({ structure }: FieldCursor): PartOper {
  const oper = operName(structure.u8());
  if (oper !== "CREATE" && oper !== "UPDATE" && oper !== "DELETE")
    throw new DeltaBufferError("a part has an unknown oper");
  return oper;
}

function readTechId({ structure }: FieldCursor): string {
  return bytesToGuid(structure.bytes, structure.skip(TECH_ID_BYTES));
}
