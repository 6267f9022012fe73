import { LiveDistError } from "../base/errors.js";
import { FIELDS_MAX, NAME_LENGTH_MAX } from "../base/limits.js";
import { createDelta } from "./create-delta.js";
import type { DeltaInit, DeltaObject } from "./delta-object.js";
import type { FieldType, PartsType, PartType, ValueType } from "./field-type.js";
import type { PartOper } from "./oper.js";

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

/**
 * Declares a delta-class: a name, its own fields, and a base class whose fields come first.
 *
 *     const Person = deltaClass("Person", { born: dateTime(), phones: parts(Phone) }, { base: Party });
 *
 * Names are letters, digits and underscores. Throws Config where a name is malformed, reserved, or stands twice.
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a class without a base inherits no fields
export function deltaClass<F extends FieldMap, B extends FieldMap = Record<never, never>>(
  name: string,
  fields: F,
  options: { base?: DeltaClass<B>; inCache?: boolean } = {},
): DeltaClass<B & F> {
  return new DeclaredDeltaClass<B & F>(name, Object.entries(fields), options.base, options.inCache);
}

class DeclaredDeltaClass<F extends FieldMap> implements DeltaClass<F> {
  readonly name: string;
  readonly base: DeltaClass | undefined;
  readonly inCache: boolean;
  readonly fields: readonly Field[];
  readonly #byName: ReadonlyMap<string, Field>;

  constructor(name: string, own: [string, FieldType][], base?: DeltaClass, inCache = base?.inCache ?? true) {
    checkName("delta-class", name);
    this.name = name;
    this.base = base;
    this.inCache = inCache;
    const inherited = base?.fields ?? [];
    this.fields = Object.freeze([
      ...inherited,
      ...own.map(([fieldName, type], at) => Object.freeze({ name: fieldName, index: inherited.length + at, type })),
    ]);
    this.#byName = new Map(this.fields.map((field) => [field.name, field]));
    this.#check();
    Object.freeze(this);
  }

  #check(): void {
    if (this.fields.length > FIELDS_MAX)
      throw new LiveDistError("Limit", `delta-class ${this.name} has more than ${FIELDS_MAX} fields`);
    const seen = new Set<string>();
    for (const { name } of this.fields) {
      checkName(`field of ${this.name}`, name);
      const folded = name.toLowerCase();
      if (reservedNames.has(folded))
        throw new LiveDistError(
          "Config",
          `delta-class ${this.name}: a field cannot be called ${name}, a name that every entity or every object has already`,
        );
      // Databases compare column names without regard to case.
      if (seen.has(folded)) throw new LiveDistError("Config", `delta-class ${this.name} has two fields called ${name}`);
      seen.add(folded);
    }
  }

  field(name: string): Field | undefined {
    return this.#byName.get(name);
  }

  isA(other: DeltaClass): boolean {
    return this.name === other.name || (this.base?.isA(other) ?? false);
  }

  delta(init: DeltaInit<F>): DeltaObject<F> {
    return createDelta(this, init);
  }
}

/** Columns and keys of every entity, and what every JavaScript object inherits: there a field that is absent would seem to be set. */
const reservedNames = new Set([
  ...["techid", "topics", "updatetime", "incache", "versions", "oper", "fields"],
  ...Object.getOwnPropertyNames(Object.prototype).map((name) => name.toLowerCase()),
]);

function checkName(what: string, name: string): void {
  if (name.length > NAME_LENGTH_MAX || !/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new LiveDistError(
      "Config",
      `the name of a ${what} must be 1 to ${NAME_LENGTH_MAX} letters, digits and underscores, not starting with a digit: ${JSON.stringify(name)}`,
    );
  }
}
