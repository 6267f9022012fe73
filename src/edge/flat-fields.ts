import { makeFunction } from "../base/make-function.js";
import type { DeltaClass } from "../delta/delta-class.js";
import { isPart } from "../delta/field-type.js";
import type { LooseFields } from "./change-fields.js";

/** Does for fields of one class that has no parts what `wholeFields` and `changeFields` do, so that all entities have one layout. */
export interface FlatFields {
  /** Gives the fields themselves where none is missing. */
  readonly whole: (fields: LooseFields) => LooseFields;
  readonly changed: (held: LooseFields, change: LooseFields) => LooseFields;
}

/** Classes with more fields are done plainly: the code would be too long for the engine to optimise. */
const FIELDS_MAX = 200;

const ofClasses = new WeakMap<DeltaClass, FlatFields | { readonly whole: undefined }>();

/** Gives the code of a class; undefined where it has parts, very many fields, or where the engine makes no code of texts. */
export function flatFieldsOf(deltaClass: DeltaClass): FlatFields | undefined {
  let made = ofClasses.get(deltaClass);
  if (made === undefined) ofClasses.set(deltaClass, (made = makeFlatFields(deltaClass) ?? { whole: undefined }));
  return made.whole && made;
}

function makeFlatFields({ fields }: DeltaClass): FlatFields | undefined {
  if (fields.length === 0 || fields.length > FIELDS_MAX || fields.some(({ type }) => isPart(type))) return undefined;
  const names = fields.map(({ name }) => name);
  const isWhole = names.map((name) => `fields.${name} != null`).join(" && ");
  const whole = names.map((name) => `${name}: fields.${name} ?? null`).join(", ");
  const changed = names.map(
    (name) => `${name}: (change.${name} === undefined ? held.${name} : change.${name}) ?? null`,
  );
  const text = `{
    whole: (fields) => ${isWhole} ? fields : { ${whole} },
    changed: (held, change) => ({ ${changed.join(", ")} }),
  }`;
  return makeFunction(text, {}) as FlatFields | undefined;
}
