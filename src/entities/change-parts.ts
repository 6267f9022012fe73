import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import type { PartsType, PartType } from "../delta/field-type.js";
import { changeFields, type FieldChange } from "./change-fields.js";
import type { LooseFields, LoosePart, PartChange } from "./entity.js";
import { presentFields } from "./present-fields.js";
import { entityError } from "./entity-error.js";
import {
  checkedTechId,
  checkTechIdsDiffer,
  listOfParts,
  objectOf,
  wholeFields,
  wholePart,
  type NewTechId,
} from "./whole-fields.js";

/**
 * Gives what becomes of a field of parts, or undefined where nothing is modified. What is given are second-class deltas, or
 * whole objects that replace what is there.
 *
 * Second-class deltas keep the order of the parts, and created ones follow in their order. Where a replacement brings the
 * parts that stay into another order, its deltas name every one of them in the new order, unmodified ones as an UPDATE
 * without fields: a copy on which the deltas that are not DELETE name all its parts takes their order.
 */
export function changeParts(
  type: PartType | PartsType,
  before: unknown,
  given: unknown,
  where: string,
  newTechId: NewTechId,
): FieldChange | undefined {
  if (type.kind === "part") return changePart(type.deltaClass, before as LoosePart | null, given, where, newTechId);
  const held = before as readonly LoosePart[];
  const list = given === null ? [] : listOfParts(given, where).map((one) => objectOf(one, where));
  const isDeltas = list.length > 0 && list.every(isPartChange);
  if (!isDeltas && list.some(isPartChange)) throw entityError(`${where} mixes second-class deltas and whole objects`);
  const change = isDeltas
    ? applyDeltas(type.deltaClass, held, list as unknown as PartChange[], where, newTechId)
    : replaceParts(type.deltaClass, held, list, where, newTechId);
  return change.modified.length === 0 ? undefined : change;
}

interface PartsChange {
  readonly modified: readonly PartDelta[];
  readonly after: readonly LoosePart[];
}

function isPartChange(one: LooseFields): boolean {
  return Object.hasOwn(one, "oper");
}

/** A single part is a list of one at most; another one takes its place, which a CREATE says alone. */
function changePart(
  deltaClass: DeltaClass,
  before: LoosePart | null,
  given: unknown,
  where: string,
  newTechId: NewTechId,
): FieldChange | undefined {
  const held = before === null ? [] : [before];
  if (given === null) return before === null ? undefined : { modified: deletion(before), after: null };
  const one = objectOf(given, where);
  const { modified, after } =
    isPartChange(one) && (one as unknown as PartChange).oper !== "CREATE"
      ? applyDeltas(deltaClass, held, [one as unknown as PartChange], where, newTechId)
      : replaceParts(
          deltaClass,
          held,
          [isPartChange(one) ? wholeOf(one as unknown as PartChange) : one],
          where,
          newTechId,
        );
  const delta = modified.findLast(({ oper }) => oper !== "DELETE") ?? modified[0];
  return delta && { modified: delta, after: after[0] ?? null };
}

function wholeOf({ techId, fields }: PartChange): LooseFields {
  return techId === undefined ? { ...fields } : { ...fields, techId };
}

function deletion({ techId }: LoosePart): PartDelta {
  return { oper: "DELETE", techId };
}

/** Makes the second-class delta of a part that is there already; undefined where nothing differs. */
function update(
  deltaClass: DeltaClass,
  part: LoosePart,
  given: LooseFields,
  newTechId: NewTechId,
): { delta: PartDelta; after: LoosePart } | undefined {
  const { techId, ...before } = part;
  const change = changeFields(deltaClass, before, given, newTechId);
  return (
    change && {
      delta: { oper: "UPDATE", techId, fields: change.modified },
      after: { techId, ...change.after },
    }
  );
}

/** Makes the second-class delta of a new part. */
function creation(deltaClass: DeltaClass, { techId, ...fields }: LoosePart): PartDelta {
  return { oper: "CREATE", techId, fields: presentFields(deltaClass, fields) };
}

function replaceParts(
  deltaClass: DeltaClass,
  held: readonly LoosePart[],
  list: readonly LooseFields[],
  where: string,
  newTechId: NewTechId,
): PartsChange {
  const heldById = new Map(held.map((part) => [part.techId, part]));
  const after: LoosePart[] = list.map((one) => wholePart(deltaClass, one, where, newTechId));
  checkTechIdsDiffer(after, where);
  const stay = new Set(after.map(({ techId }) => techId));
  const deltas: PartDelta[] = held.filter(({ techId }) => !stay.has(techId)).map(deletion);
  const isReordered = !isInOrder(held, after);
  for (const [at, part] of after.entries()) {
    const before = heldById.get(part.techId);
    if (before === undefined) {
      deltas.push(creation(deltaClass, part));
      continue;
    }
    const { techId, ...fields } = part;
    const updated = update(deltaClass, before, fields, newTechId);
    after[at] = updated?.after ?? before;
    if (updated !== undefined) deltas.push(updated.delta);
    else if (isReordered) deltas.push({ oper: "UPDATE", techId, fields: {} });
  }
  return { modified: deltas, after };
}

/** Tells whether the parts stand as they do without further ado: those that stay in their old order, then the new ones. */
export function isInOrder(held: readonly LoosePart[], after: readonly LoosePart[]): boolean {
  const places = new Map(held.map(({ techId }, at) => [techId, at]));
  let last = -1;
  for (const { techId } of after) {
    const place = places.get(techId) ?? held.length;
    if (place < last) return false;
    last = place;
  }
  return true;
}

function applyDeltas(
  deltaClass: DeltaClass,
  held: readonly LoosePart[],
  changes: readonly PartChange[],
  where: string,
  newTechId: NewTechId,
): PartsChange {
  const created: LoosePart[] = [];
  const byId = new Map<string, PartChange>();
  const heldIds = new Set(held.map(({ techId }) => techId));
  for (const change of changes) {
    const techId = techIdOf(change, heldIds, where, newTechId);
    if (byId.has(techId)) throw entityError(`${where} has two second-class deltas with the techId ${techId}`);
    byId.set(techId, change);
    if (change.oper === "CREATE") created.push({ techId, ...wholeFields(deltaClass, change.fields ?? {}, newTechId) });
  }
  const deltas: PartDelta[] = [];
  const after: LoosePart[] = [];
  for (const part of held) {
    const change = byId.get(part.techId);
    if (change?.oper === "DELETE") {
      deltas.push(deletion(part));
      continue;
    }
    const updated = change && update(deltaClass, part, change.fields ?? {}, newTechId);
    if (updated !== undefined) deltas.push(updated.delta);
    after.push(updated?.after ?? part);
  }
  return {
    modified: [...deltas, ...created.map((part) => creation(deltaClass, part))],
    after: [...after, ...created],
  };
}

function techIdOf(
  { oper, techId }: PartChange,
  held: ReadonlySet<string>,
  where: string,
  newTechId: NewTechId,
): string {
  assertOper(oper, where);
  if (oper === "CREATE" && techId === undefined) return newTechId();
  const id = checkedTechId(techId, where);
  if (held.has(id) === (oper === "CREATE")) {
    throw entityError(oper === "CREATE" ? `${where} has the part ${id} already` : `${where} has no part ${id}`);
  }
  return id;
}

const opers: readonly unknown[] = ["CREATE", "UPDATE", "DELETE"];

function assertOper(oper: unknown, where: string): void {
  if (!opers.includes(oper))
    throw entityError(`${where}: the oper of a second-class delta is CREATE, UPDATE or DELETE`);
}
