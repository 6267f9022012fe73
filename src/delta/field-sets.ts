import type { ByteReader } from "../base/byte-reader.js";
import type { DeltaClass, Field } from "./delta-class.js";
import type { FieldCursor } from "./field-cursor.js";
import { fieldStateIn, fieldStates, readFieldBitmaps } from "./field-cursor.js";
import { isPart } from "./field-type.js";

/** Which fields stand in an object: those with a value, and those that are null. */
export class FieldSet {
  /** All of them, in their order. */
  readonly fields: readonly Field[];
  readonly nulls: ReadonlySet<Field>;
  /** Bytes of the values of fixed size, which the structure does not mention. */
  readonly fixedBytes: number;
  /** Parts, and values whose size stands in the structure. */
  readonly variable: readonly Field[];
  /** Objects with these fields that were read before there was code for them. */
  objectsRead = 0;
  /** Reads an object with these fields: code made for them. */
  code: ReadObject | undefined;

  constructor(fields: readonly Field[], nulls: ReadonlySet<Field>) {
    const valued = fields.filter((field) => !nulls.has(field));
    this.fields = fields;
    this.nulls = nulls;
    this.fixedBytes = valued.reduce((sum, { type }) => sum + (isPart(type) ? 0 : (type.fixedBytes ?? 0)), 0);
    this.variable = valued.filter(({ type }) => isPart(type) || type.fixedBytes === undefined);
  }
}

/** Reads the fields of an object, whose bitmaps were read. `whole`: parts stand as whole objects. */
export type ReadObject = (cursor: FieldCursor, whole: boolean) => Record<string, unknown>;

/** Field sets of one class that are remembered at once. */
const SETS_MAX = 64;
/** Bytes of bitmaps that fit into a number; for objects with more, a field set is made each time. */
const KEY_BYTES_MAX = 6;

/** The field sets of the objects of one class, of which most have the same one, or one of a few. */
export class FieldSets {
  readonly #deltaClass: DeltaClass;
  readonly #byKey = new Map<number, FieldSet>();
  #lastKey = -1;
  #last: FieldSet | undefined;

  constructor(deltaClass: DeltaClass) {
    this.#deltaClass = deltaClass;
  }

  /** Steps over the bitmaps of an object and gives its field set. Throws DeltaBufferError where they are cut off. */
  read(structure: ByteReader): FieldSet {
    const from = structure.offset;
    const fieldCount = this.#deltaClass.fields.length;
    const at = structure.skip((fieldCount + 8) >> 3);
    const { bytes } = structure;
    if ((bytes[at]! & 1) !== 0) structure.skip((fieldCount + 7) >> 3);
    const to = structure.offset;
    if (to - from > KEY_BYTES_MAX) return this.#make(structure, from);
    let key = 0;
    for (let index = from; index < to; index++) key = key * 256 + bytes[index]!;
    if (key === this.#lastKey) return this.#last!;
    return this.#find(key, structure, from);
  }

  #find(key: number, structure: ByteReader, from: number): FieldSet {
    let set = this.#byKey.get(key);
    if (set === undefined) {
      if (this.#byKey.size === SETS_MAX) this.#byKey.clear();
      this.#byKey.set(key, (set = this.#make(structure, from)));
    }
    this.#lastKey = key;
    this.#last = set;
    return set;
  }

  #make(structure: ByteReader, from: number): FieldSet {
    const { fields } = this.#deltaClass;
    structure.offset = from;
    const bitmaps = readFieldBitmaps(structure, fields.length);
    const states = fields.map(({ index }) => fieldStateIn(bitmaps, index));
    const present = fields.filter(({ index }) => states[index] !== fieldStates.absent);
    return new FieldSet(present, new Set(present.filter(({ index }) => states[index] === fieldStates.null)));
  }
}

const ofClasses = new WeakMap<DeltaClass, FieldSets>();

/** Gives the field sets of a class. */
export function fieldSetsOf(deltaClass: DeltaClass): FieldSets {
  let sets = ofClasses.get(deltaClass);
  if (sets === undefined) ofClasses.set(deltaClass, (sets = new FieldSets(deltaClass)));
  return sets;
}
