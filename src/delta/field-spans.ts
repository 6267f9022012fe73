import type { DeltaClass } from "./delta-class.js";
import { TECH_ID_BYTES } from "./encoded-delta.js";
import { fieldStates, readFieldStates, type FieldCursor } from "./field-cursor.js";
import { fieldSetsOf } from "./field-sets.js";
import { readPartOper } from "./fields-codec.js";
import { isPart, type FieldType } from "./field-type.js";
import type { PartOper } from "./oper.js";

/**
 * Where each field of one object stands in the two streams, found through the structure alone: what servers need to merge
 * deltas into a cached entity without decoding a value.
 */
export class FieldSpans {
  readonly deltaClass: DeltaClass;
  /** Whether its parts stand as whole objects; otherwise as second-class deltas. */
  readonly whole: boolean;
  readonly bytes: Uint8Array;
  readonly states: Uint8Array;
  readonly structureStarts: Uint32Array;
  readonly structureEnds: Uint32Array;
  readonly bodyStarts: Uint32Array;
  readonly bodyEnds: Uint32Array;

  /** Reads an object at the cursor and steps over it. Throws DeltaBufferError where the structure is malformed. */
  constructor(cursor: FieldCursor, deltaClass: DeltaClass, whole: boolean) {
    const count = deltaClass.fields.length;
    this.deltaClass = deltaClass;
    this.whole = whole;
    this.bytes = cursor.structure.bytes;
    this.states = new Uint8Array(count);
    this.structureStarts = new Uint32Array(count);
    this.structureEnds = new Uint32Array(count);
    this.bodyStarts = new Uint32Array(count);
    this.bodyEnds = new Uint32Array(count);
    readFieldStates(cursor.structure, count, this.states);
    for (const { index, type } of deltaClass.fields) {
      if (this.states[index] !== fieldStates.value) continue;
      this.structureStarts[index] = cursor.structure.offset;
      this.bodyStarts[index] = cursor.body.offset;
      skipField(cursor, type, whole);
      this.structureEnds[index] = cursor.structure.offset;
      this.bodyEnds[index] = cursor.body.offset;
    }
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
