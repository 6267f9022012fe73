import { ByteReader } from "../base/byte-reader.js";
import { DeltaBufferError } from "../base/errors.js";
import type { EncodedDelta } from "./encoded-delta.js";

const NO_BYTES = new Uint8Array(0);

/**
 * Walks the two streams in which the fields of a delta-object stand: the structure (which fields are there, null, how long,
 * which parts) and the body (nothing but values, one behind the other in the same order). They are apart so that servers
 * can merge and forward without ever looking at the bytes of a value.
 */
export class FieldCursor {
  readonly structure: ByteReader;
  readonly body: ByteReader;

  constructor(structure: ByteReader, body: ByteReader) {
    this.structure = structure;
    this.body = body;
  }

  /** Gives a cursor that is to be moved before it serves. */
  static nowhere(): FieldCursor {
    return new FieldCursor(new ByteReader(NO_BYTES), new ByteReader(NO_BYTES));
  }

  /** Gives a cursor at the fields of a delta-object. */
  static of(encoded: EncodedDelta): FieldCursor {
    const cursor = FieldCursor.nowhere();
    cursor.move(encoded);
    return cursor;
  }

  /** Goes to the fields of a delta-object. */
  move({ bytes, structureAt, bodyAt, end }: EncodedDelta): void {
    this.structure.move(bytes, structureAt, bodyAt);
    this.body.move(bytes, bodyAt, end);
  }

  /** Throws DeltaBufferError where bytes are left over: the structure does not describe the body. */
  finish(): void {
    if (this.structure.remaining > 0 || this.body.remaining > 0) {
      throw new DeltaBufferError("the structure of a delta-object does not match its length");
    }
  }
}

/** What the structure says of one field. */
export const fieldStates = { absent: 0, null: 1, value: 2 } as const;

/** Where the bitmaps stand that tell which fields of an object are there. */
export interface FieldBitmaps {
  readonly bytes: Uint8Array;
  readonly presentAt: number;
  /** -1 where no field is null. */
  readonly nullsAt: number;
}

/**
 * Steps over the bitmaps of an object with `fieldCount` fields. The first bit says whether a second bitmap follows, which
 * tells the nulls; then one bit a field.
 */
export function readFieldBitmaps(structure: ByteReader, fieldCount: number): FieldBitmaps {
  const presentAt = structure.skip((fieldCount + 8) >> 3);
  const hasNulls = (structure.bytes[presentAt]! & 1) !== 0;
  return { bytes: structure.bytes, presentAt, nullsAt: hasNulls ? structure.skip((fieldCount + 7) >> 3) : -1 };
}

/** Gives the state of one field. */
export function fieldStateIn({ bytes, presentAt, nullsAt }: FieldBitmaps, index: number): number {
  if (!testBit(bytes, presentAt, index + 1)) return fieldStates.absent;
  return nullsAt >= 0 && testBit(bytes, nullsAt, index) ? fieldStates.null : fieldStates.value;
}

function testBit(bytes: Uint8Array, at: number, bit: number): boolean {
  return (bytes[at + (bit >> 3)]! & (1 << (bit & 7))) !== 0;
}

/** Writes the bitmaps that `readFieldBitmaps` reads. */
export function writeFieldStates(structure: { u8(value: number): void }, fieldCount: number, states: Uint8Array): void {
  let hasNulls = 0;
  for (let index = 0; index < fieldCount; index++) if (states[index] === fieldStates.null) hasNulls = 1;
  let byte = hasNulls;
  for (let bit = 1; bit <= fieldCount; bit++) {
    if ((bit & 7) === 0) {
      structure.u8(byte);
      byte = 0;
    }
    if (states[bit - 1] !== fieldStates.absent) byte |= 1 << (bit & 7);
  }
  structure.u8(byte);
  if (hasNulls) writeNulls(structure, fieldCount, states);
}

function writeNulls(structure: { u8(value: number): void }, fieldCount: number, states: Uint8Array): void {
  for (let first = 0; first < fieldCount; first += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) if (states[first + bit] === fieldStates.null) byte |= 1 << bit;
    structure.u8(byte);
  }
}
