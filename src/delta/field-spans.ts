import { ByteReader } from "../base/byte-reader.js";
import type { DeltaClass } from "./delta-class.js";
import { TECH_ID_BYTES } from "./encoded-delta.js";
import { FieldCursor, fieldStateIn, fieldStates, readFieldBitmaps } from "./field-cursor.js";
import { fieldSetsOf } from "./field-sets.js";
import { type FieldWriters, readPartOper } from "./fields-codec.js";
import { isPart, type FieldType } from "./field-type.js";
import type { PartOper } from "./oper.js";

const PLACES = 5;
const STRUCTURE_END = 1;
const BODY_START = 2;
const BODY_END = 3;
const STATE = 4;

/**
 * Where each field of one object stands in the two streams, found through the structure alone: what servers need to merge
 * deltas into a cached entity without decoding a value.
 */
export class FieldSpans {
  readonly deltaClass: DeltaClass;
  /** Whether its parts stand as whole objects; otherwise as second-class deltas. */
  readonly whole: boolean;
  readonly bytes: Uint8Array;
  /** By field: where it begins and ends in the structure, and in the body, and its state. One array, since making one costs more than filling it. */
  readonly #places: Uint32Array;

  /** Reads an object at the cursor and steps over it. Throws DeltaBufferError where the structure is malformed. */
  constructor(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean) {
    const count = deltaClass.fields.length;
    this.deltaClass = deltaClass;
    this.whole = whole;
    this.bytes = cursor.structure.bytes;
    const places = new Uint32Array(count * PLACES);
    this.#places = places;
    const { structure, body } = cursor;
    const bitmaps = readFieldBitmaps(structure, count);
    for (let index = 0; index < count; index++) {
      const at = index * PLACES;
      places[at + STATE] = fieldStateIn(bitmaps, index);
      if (places[at + STATE] !== fieldStates.value) continue;
      places[at] = structure.offset;
      places[at + BODY_START] = body.offset;
      skipField(cursor, deltaClass.fields[index]!.type, whole);
      places[at + STRUCTURE_END] = structure.offset;
      places[at + BODY_END] = body.offset;
    }
  }

  /** Tells of a field whether it is there. */
  stateOf(index: number): number {
    return this.#places[index * PLACES + STATE]!;
  }

  /** Writes a field that is there as its bytes stand. */
  copyField(index: number, { structure, body }: FieldWriters): void {
    const at = index * PLACES;
    const places = this.#places;
    structure.range(this.bytes, places[at]!, places[at + STRUCTURE_END]!);
    body.range(this.bytes, places[at + BODY_START]!, places[at + BODY_END]!);
  }

  /** Gives a cursor at a field that is there. */
  cursorAt(index: number): FieldCursor {
    const at = index * PLACES;
    const places = this.#places;
    return new FieldCursor(
      new ByteReader(this.bytes, places[at], places[at + STRUCTURE_END]),
      new ByteReader(this.bytes, places[at + BODY_START], places[at + BODY_END]),
    );
  }
}

function skipField(cursor: FieldCursor, type: FieldType, whole: boolean): void {
  if (!isPart(type)) {
    cursor.body.skip(type.fixedBytes ?? cursor.structure.varint());
    return;
  }
  const count = type.kind === "parts" ? cursor.structure.count(TECH_ID_BYTES) : 1;
  for (let at = 0; at < count; at++) skipPart(cursor, type.deltaClass, whole);
}

function skipPart(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean): void {
  const oper = whole ? "CREATE" : readPartOper(cursor);
  cursor.structure.skip(TECH_ID_BYTES);
  if (oper !== "DELETE") skipObject(cursor, deltaClass, oper === "CREATE");
}

/** Steps over an object without noting where its fields stand. Throws DeltaBufferError where the structure is malformed. */
export function skipObject(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean): void {
  const { fixedBytes, variable } = fieldSetsOf(deltaClass).read(cursor.structure);
  cursor.body.skip(fixedBytes);
  for (const { type } of variable) skipField(cursor, type, whole);
}

/** One part where it stands: `spans` is undefined for a DELETE. */
export interface PartSpans {
  readonly oper: PartOper;
  readonly techIdAt: number;
  readonly spans: FieldSpans | undefined;
}

/** Reads a part at the cursor and steps over it. */
export function readPartSpans(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean): PartSpans {
  const oper = whole ? "CREATE" : readPartOper(cursor);
  const techIdAt = cursor.structure.skip(TECH_ID_BYTES);
  const spans = oper === "DELETE" ? undefined : new FieldSpans(cursor, deltaClass, oper === "CREATE");
  return { oper, techIdAt, spans };
}
