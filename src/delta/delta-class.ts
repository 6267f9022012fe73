import { DeltaBufferError, LiveDistError } from "../base/errors.js";
import type { DeltaInit, DeltaObject } from "./delta-object.js";
import type { FieldType, PartsType, PartType, ValueType } from "./field-type.js";
import type { PartOper } from "./oper.js";

// eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- interfaces cannot be mapped over
export type FieldMap = { readonly [name: string]: FieldType };

/** A whole part, as it stands in CREATE and FULL: its fields by name, and its tech-id. */
export type WholePart<F extends FieldMap> = { readonly techId?: string } & WholeFields<F>;

/** A second-class delta, as it stands in PARTIAL and UPDATE (guide §4.1). */
export interface PartDelta<F extends FieldMap = FieldMap> {
  readonly oper: PartOper;
  readonly techId: string;
  readonly fields?: FieldsOf<F>;
}

type WholeValue<T> =
  T extends ValueType<infer V>
    ? V
    : T extends PartsType<infer P>
      ? readonly WholePart<P>[]
      : T extends PartType<infer P>
        ? WholePart<P>
        : never;

type DeltaValue<T> =
  T extends ValueType<infer V>
    ? V
    : T extends PartsType<infer P>
      ? readonly (WholePart<P> | PartDelta<P>)[]
      : T extends PartType<infer P>
        ? WholePart<P> | PartDelta<P>
        : never;

/** The fields of a whole entity; what is absent is null. */
export type WholeFields<F extends FieldMap> = { readonly [K in keyof F]?: WholeValue<F[K]> | null };

/** The fields of any delta-object. */
export type FieldsOf<F extends FieldMap> = { readonly [K in keyof F]?: DeltaValue<F[K]> | null };

/** A field in its place: `index` is its position among all fields of the class, those of the base classes first. */
export interface Field {
  readonly name: string;
  readonly index: number;
  readonly type: FieldType;
}

/** The description of a kind of entities or parts (guide §4). Made by `deltaClass` or read from a schema's text. */
export interface DeltaClass<F extends FieldMap = FieldMap> {
  readonly name: string;
  readonly base: DeltaClass | undefined;
  /** The default of an entity's InCache field (guide §3.6). */
  readonly inCache: boolean;
  /** All fields, those of the base classes first. */
  readonly fields: readonly Field[];
  /** Gives a field by its name, or undefined. */
  field(name: string): Field | undefined;
  /** Tells whether this is `other` or derives from it. */
  isA(other: DeltaClass): boolean;
  /** Makes a delta-object of this class. Throws DeltaBufferError where a field is unknown or a value of another type. */
  delta(init: DeltaInit<F>): DeltaObject<F>;
}
