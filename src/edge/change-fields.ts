import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import { orderParts } from "../delta/order-parts.js";
import { type FieldType, isPart, type PartsType, type PartType } from "../delta/field-type.js";
import { flatFieldsOf } from "./flat-fields.js";

/** Fields by name. */
export type LooseFields = Readonly<Record<string, unknown>>;

/** Fields and the class they are of. */
export interface ClassedFields {
  readonly deltaClass: DeltaClass;
  readonly fields: LooseFields;
}

/** A whole part: its tech-id and its fields. */
type Part = LooseFields & { readonly techId: string };

/** Gives whole fields in the layout of `target`: every field, matched by name, null where there is no value. */
export function wholeFields(target: DeltaClass, source: ClassedFields | undefined): LooseFields {
  const flat = source?.deltaClass === target ? flatFieldsOf(target) : undefined;
  return flat && source ? flat.whole(source.fields) : wholePlainly(target, source);
}

/** Does what `wholeFields` does, whatever the classes are. */
export function wholePlainly(target: DeltaClass, source: ClassedFields | undefined): LooseFields {
  const whole: Record<string, unknown> = {};
  for (const { name, type } of target.fields) {
    const place = placeOf(source, name, type);
    whole[name] = place === undefined ? null : wholeValue(type, place.type, place.value);
  }
  return whole;
}

/**
 * Gives the whole fields that result from the fields of a PARTIAL or UPDATE on those held (guide §4.1), in the layout of the
 * change's class. Does what a cache does with the encoded form, so that a copy kept by deltas is the copy that a load brings.
 */
export function changeFields(held: ClassedFields | undefined, change: ClassedFields): LooseFields {
  const flat = held?.deltaClass === change.deltaClass ? flatFieldsOf(change.deltaClass) : undefined;
  return flat && held ? flat.changed(held.fields, change.fields) : changePlainly(held, change);
}

/** Does what `changeFields` does, whatever the classes are. */
export function changePlainly(held: ClassedFields | undefined, change: ClassedFields): LooseFields {
  const target = change.deltaClass;
  const changed: Record<string, unknown> = {};
  for (const { name, type } of target.fields) {
    const place = placeOf(held, name, type);
    const heldValue = place === undefined ? null : wholeValue(type, place.type, place.value);
    const value = change.fields[name];
    if (value === undefined) changed[name] = heldValue;
    else if (value === null || !isPart(type)) changed[name] = value;
    else changed[name] = changePartField(type, heldValue, value);
  }
  return changed;
}

interface Place {
  readonly type: FieldType;
  readonly value: unknown;
}

/** Gives a field that has a value. One of the same name and another type is another field: nothing is taken over. */
function placeOf(source: ClassedFields | undefined, name: string, target: FieldType): Place | undefined {
  const type = source?.deltaClass.field(name)?.type;
  const value = source?.fields[name];
  return type?.kind !== target.kind || value === undefined || value === null ? undefined : { type, value };
}

function wholeValue(target: FieldType, source: FieldType, value: unknown): unknown {
  if (!isPart(target) || !isPart(source)) return value;
  const one = (part: Part): Part => wholePart(target.deltaClass, source.deltaClass, part);
  return target.kind === "parts" ? (value as readonly Part[]).map(one) : one(value as Part);
}

function wholePart(target: DeltaClass, source: DeltaClass, part: Part): Part {
  return { techId: part.techId, ...wholeFields(target, { deltaClass: source, fields: part }) };
}

function changePartField(type: PartType | PartsType, held: unknown, change: unknown): unknown {
  if (type.kind === "parts") return changeParts(type, (held ?? []) as readonly Part[], change as readonly PartDelta[]);
  const [part = null] = changeParts(type, held === null ? [] : [held as Part], [change as PartDelta]);
  return part;
}

function changeParts(
  { kind, deltaClass }: PartType | PartsType,
  held: readonly Part[],
  deltas: readonly PartDelta[],
): Part[] {
  const parts = new Map(held.map((part) => [part.techId, part]));
  for (const delta of deltas) {
    const { oper, techId } = delta;
    const before = parts.get(techId);
    if (oper === "DELETE") {
      parts.delete(techId);
      continue;
    }
    // One part takes the place of another; in a collection a new one stands last.
    if (kind === "part") parts.clear();
    parts.set(techId, changePart(deltaClass, before, delta));
  }
  const named = deltas.flatMap(({ oper, techId }) => (oper === "DELETE" ? [] : [techId]));
  return orderParts(parts, named);
}

/** An UPDATE of a part that is not held makes it: bodies that are not in the cache may be newer, and its DELETE follows. */
function changePart(deltaClass: DeltaClass, held: Part | undefined, { oper, techId, fields = {} }: PartDelta): Part {
  const change = { deltaClass, fields: fields as LooseFields };
  if (oper === "CREATE") return { techId, ...wholeFields(deltaClass, change) };
  return { techId, ...changeFields(held && { deltaClass, fields: held }, change) };
}
