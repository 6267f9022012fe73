import type { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { compileReader, compileWriter } from "./compile-fields.js";
import type { DeltaClass, PartDelta } from "./delta-class.js";
import { TECH_ID_BYTES } from "./encoded-delta.js";
import { type FieldCursor, fieldStates, writeFieldStates } from "./field-cursor.js";
import { type FieldSet, fieldSetsOf } from "./field-sets.js";
import { isPart, type PartsType, type PartType } from "./field-type.js";
import { operName, operNumbers, type PartOper } from "./oper.js";

type LooseFields = Record<string, unknown>;

/** The two streams that fields are written to (see FieldCursor). */
export interface FieldWriters {
  readonly structure: ByteWriter;
  readonly body: ByteWriter;
}

/** Writes the fields of an object of one class. */
export type WriteObject = (writers: FieldWriters, fields: LooseFields, whole: boolean) => void;
export type WriteParts = typeof writeParts;
export type ReadParts = typeof readParts;

/** Objects after which it is worth while to make code for others like them. */
const OBJECTS_BEFORE_CODE = 16;

/** How objects of a class are written. */
interface ClassWriter {
  /** Before there was code for them. */
  objectsWritten: number;
  code: WriteObject | undefined;
}

const classWriters = new WeakMap<DeltaClass, ClassWriter>();

/** Writes fields that `checkFields` has passed. `whole`: parts stand as whole objects, otherwise as second-class deltas. */
export function writeFields(writers: FieldWriters, deltaClass: DeltaClass, fields: LooseFields, whole: boolean): void {
  let writer = classWriters.get(deltaClass);
  if (writer === undefined) classWriters.set(deltaClass, (writer = { objectsWritten: 0, code: undefined }));
  if (writer.code !== undefined) writer.code(writers, fields, whole);
  else {
    if (++writer.objectsWritten === OBJECTS_BEFORE_CODE) writer.code = compileWriter(deltaClass, writeParts);
    writePlainly(writers, deltaClass, fields, whole);
  }
}

/** Writes what `compileWriter` writes, without code made for the class. */
export function writePlainly(writers: FieldWriters, deltaClass: DeltaClass, fields: LooseFields, whole: boolean): void {
  const { structure, body } = writers;
  const list = deltaClass.fields;
  const states = new Uint8Array(list.length);
  const values = new Array<unknown>(list.length);
  for (const { index, name } of list) {
    const value = (values[index] = fields[name]);
    states[index] = value === undefined ? fieldStates.absent : value === null ? fieldStates.null : fieldStates.value;
  }
  writeFieldStates(structure, list.length, states);
  for (const { index, type } of list) {
    if (states[index] !== fieldStates.value) continue;
    const before = body.length;
    if (isPart(type)) writeParts(writers, type, values[index], whole);
    else type.write(body, values[index]);
    if (!isPart(type) && type.fixedBytes === undefined) structure.varint(body.length - before);
  }
}

/** Writes the parts of a field. */
export function writeParts(writers: FieldWriters, type: PartType | PartsType, value: unknown, whole: boolean): void {
  const list = type.kind === "parts" ? (value as readonly unknown[]) : [value];
  if (type.kind === "parts") writers.structure.varint(list.length);
  for (const one of list) {
    if (whole) writeWholePart(writers, type.deltaClass, one as { techId: string });
    else writePartDelta(writers, type.deltaClass, one as PartDelta);
  }
}

function writeWholePart(writers: FieldWriters, deltaClass: DeltaClass, part: { techId: string }): void {
  writers.structure.guid(part.techId);
  writeFields(writers, deltaClass, part, true);
}

function writePartDelta(writers: FieldWriters, deltaClass: DeltaClass, { oper, techId, fields = {} }: PartDelta): void {
  writers.structure.u8(operNumbers[oper]);
  writers.structure.guid(techId);
  if (oper !== "DELETE") writeFields(writers, deltaClass, fields, oper === "CREATE");
}

/** Reads what `writeFields` wrote. Throws DeltaBufferError for anything else. */
export function readFields(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean): LooseFields {
  const set = fieldSetsOf(deltaClass).read(cursor.structure);
  if (set.code !== undefined) return set.code(cursor, whole);
  if (++set.objectsRead === OBJECTS_BEFORE_CODE) set.code = compileReader(set, readParts);
  return readPlainly(cursor, set, whole);
}

/** Reads what the code of a field set reads, without it. */
export function readPlainly(cursor: FieldCursor, { fields, nulls }: FieldSet, whole: boolean): LooseFields {
  const { structure, body } = cursor;
  const read: LooseFields = {};
  for (const field of fields) {
    const { name, type } = field;
    if (nulls.has(field)) read[name] = null;
    else if (isPart(type)) read[name] = readParts(cursor, type, whole);
    else read[name] = type.read(body, type.fixedBytes ?? structure.varint());
  }
  return read;
}

/** Reads the parts of a field. */
export function readParts(cursor: FieldCursor, type: PartType | PartsType, whole: boolean): unknown {
  const readOne = whole ? readWholePart : readPartDelta;
  if (type.kind === "part") return readOne(cursor, type.deltaClass);
  const count = cursor.structure.count(TECH_ID_BYTES);
  const list: unknown[] = [];
  for (let at = 0; at < count; at++) list.push(readOne(cursor, type.deltaClass));
  return list;
}

function readWholePart(cursor: FieldCursor, deltaClass: DeltaClass): LooseFields {
  const techId = cursor.structure.guid();
  return { techId, ...readFields(cursor, deltaClass, true) };
}

function readPartDelta(cursor: FieldCursor, deltaClass: DeltaClass): PartDelta {
  const oper = readPartOper(cursor);
  const techId = cursor.structure.guid();
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
