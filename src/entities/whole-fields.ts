import { isGuid } from "../base/guid.js";
import type { DeltaClass } from "../delta/delta-class.js";
import { isPart, type PartsType, type PartType, type ValueKind, type ValueType } from "../delta/field-type.js";
import type { LooseFields, LoosePart } from "./entity.js";
import { entityError } from "./entity-error.js";

/** Makes the tech-id of an entity or part that was given none. */
export type NewTechId = () => string;

/**
 * Checks the fields of a whole object and gives them as an entity has them: every field is there, GUIDs are lower-case, parts
 * have a tech-id, and nothing is shared with what the application may go on changing. Throws Entity where a field is unknown
 * or a value is of another type.
 */
export function wholeFields(deltaClass: DeltaClass, given: LooseFields, newTechId: NewTechId): LooseFields {
  checkNames(deltaClass, given);
  const fields: Record<string, unknown> = {};
  for (const { name, type } of deltaClass.fields) {
    const value = ownValue(given, name) ?? null;
    const where = `${deltaClass.name}.${name}`;
    fields[name] = isPart(type) ? wholeParts(type, value, where, newTechId) : checkedValue(type, value, where);
  }
  return fields;
}

/** Throws Entity where a name is no field of the class; keys that are undefined do not count. */
export function checkNames(deltaClass: DeltaClass, given: LooseFields): void {
  if (typeof given !== "object" || (given as unknown) === null)
    throw entityError(`the fields of ${deltaClass.name} must be an object`);
  for (const name of Object.keys(given)) {
    if (given[name] === undefined || deltaClass.field(name) !== undefined) continue;
    throw entityError(`delta-class ${deltaClass.name} has no field ${name}`);
  }
}

/** Reads a field that an object has itself: one may be called like a method that every object inherits. */
export function ownValue(given: LooseFields, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

/** Gives what an entity holds where it has no value for a field. */
export function emptyValue(type: { readonly kind: string }): null | readonly never[] {
  return type.kind === "parts" ? noParts : null;
}

const noParts: readonly never[] = Object.freeze([]);

function wholeParts(type: PartType | PartsType, value: unknown, where: string, newTechId: NewTechId): unknown {
  if (value === null) return emptyValue(type);
  if (type.kind === "part") return wholePart(type.deltaClass, value, where, newTechId);
  const list = listOfParts(value, where).map((one) => wholePart(type.deltaClass, one, where, newTechId));
  checkTechIdsDiffer(list, where);
  return list;
}

/** Checks a whole part; one without a tech-id gets a new one. */
export function wholePart(deltaClass: DeltaClass, value: unknown, where: string, newTechId: NewTechId): LoosePart {
  const { techId = newTechId(), ...fields } = objectOf(value, where);
  return { techId: checkedTechId(techId, where), ...wholeFields(deltaClass, fields, newTechId) };
}

export function listOfParts(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw entityError(`${where} must be an array`);
  return value;
}

export function objectOf(value: unknown, where: string): LooseFields {
  if (typeof value !== "object" || value === null) throw entityError(`${where} must hold objects`);
  return value as LooseFields;
}

export function checkTechIdsDiffer(list: readonly { readonly techId: string }[], where: string): void {
  if (list.length < 2) return;
  if (new Set(list.map((one) => one.techId)).size < list.length)
    throw entityError(`${where} has two parts with the same techId`);
}

/** Gives a tech-id in lower case. Throws Entity where it is no GUID. */
export function checkedTechId(techId: unknown, where: string): string {
  if (typeof techId !== "string" || !isGuid(techId)) throw entityError(`${where}: techId must be a GUID`);
  return techId.toLowerCase();
}

/** Checks a value that may be null and gives it as it will come back from the database. */
export function checkedValue(type: ValueType, value: unknown, where: string): unknown {
  if (value === null) return null;
  const wrong = type.check(value);
  if (wrong !== undefined) throw entityError(`${where} ${wrong}`);
  const settle = settlers[type.kind];
  return settle === undefined ? value : settle(value as never, where);
}

/** Kinds whose values the application could still change, or that can be written in several ways. */
const settlers: Partial<Record<ValueKind, (value: never, where: string) => unknown>> = {
  float64(value: number, where) {
    if (!Number.isFinite(value))
      throw entityError(`${where} must be a finite number: databases keep neither NaN nor Infinity`);
    return value;
  },
  dateTime: (value: Date) => new Date(value),
  guid: (value: string) => value.toLowerCase(),
  bytes: (value: Uint8Array) => new Uint8Array(value),
  json: (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown,
};
