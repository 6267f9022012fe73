import { bytesToGuid } from "../base/guid.js";
import type { DeltaClass } from "./delta-class.js";
import { TECH_ID_BYTES } from "./encoded-delta.js";
import { fieldStates, writeFieldStates } from "./field-cursor.js";
import { readPartSpans, type FieldSpans, type PartSpans } from "./field-spans.js";
import { isPart, type PartsType, type PartType } from "./field-type.js";
import type { FieldWriters } from "./fields-codec.js";
import type { PartOper } from "./oper.js";
import { orderParts } from "./order-parts.js";

/**
 * Writes the whole object that results from `change` (the fields of a PARTIAL or UPDATE, or of a whole object) on `held` (a
 * whole object, or nothing), in the layout of `target`. Fields are matched by name, so that the three may be of different
 * schemas. Values are copied as bytes and never decoded; nulls of the change take fields away.
 *
 * It runs for every change of every entity, so its objects are few, and none is a copy of another with something added: those take
 * many times as long to make.
 */
export function mergeFields(
  writers: FieldWriters,
  target: DeltaClass,
  held: FieldSpans | undefined,
  change: FieldSpans | undefined,
): void {
  const { fields } = target;
  const count = fields.length;
  const sources = new Array<Source | undefined>(count);
  const states = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const source = chooseSource(target, index, held, change);
    sources[index] = source;
    // A single part that was deleted leaves null, which whole objects leave out.
    const isGone = source?.parts?.length === 0 && fields[index]!.type.kind === "part";
    states[index] = source === undefined || isGone ? fieldStates.absent : fieldStates.value;
  }
  writeFieldStates(writers.structure, count, states);
  for (let index = 0; index < count; index++) {
    if (states[index] === fieldStates.absent) continue;
    const { spans, index: from, parts } = sources[index]!;
    if (parts === undefined) spans.copyField(from, writers);
    else writeParts(writers, fields[index]!.type as PartType | PartsType, parts);
  }
}

function writeParts(writers: FieldWriters, type: PartType | PartsType, list: readonly MergedPart[]): void {
  if (type.kind === "parts") writers.structure.varint(list.length);
  for (const { techId, held, change } of list) {
    writers.structure.bytes(techId);
    mergeFields(writers, type.deltaClass, held, change);
  }
}

/** A field of an object. */
export interface FieldPlace {
  readonly spans: FieldSpans;
  readonly index: number;
}

/** Where a field of the result comes from. */
interface Source extends FieldPlace {
  /** The parts that have to be put together; undefined where the field's bytes can be copied as they are. */
  readonly parts: readonly MergedPart[] | undefined;
}

/** Gives where a field of the result comes from; undefined where the result has none. */
function chooseSource(
  target: DeltaClass,
  field: number,
  held: FieldSpans | undefined,
  change: FieldSpans | undefined,
): Source | undefined {
  const changeIndex = indexIn(change, target, field);
  const changeState = stateAt(change, changeIndex);
  if (changeState === fieldStates.null) return undefined;
  const heldIndex = indexIn(held, target, field);
  const isHeld = stateAt(held, heldIndex) === fieldStates.value;
  if (changeState === fieldStates.absent) return isHeld ? sourceOf(target, field, held!, heldIndex) : undefined;
  const under = isHeld && !change!.whole ? { spans: held!, index: heldIndex } : undefined;
  return sourceOf(target, field, change!, changeIndex, under);
}

/** `under` is the held field that second-class deltas are applied to. */
function sourceOf(target: DeltaClass, field: number, spans: FieldSpans, index: number, under?: FieldPlace): Source {
  const { type } = target.fields[field]!;
  const isCopied = !isPart(type) || (spans.whole && spans.deltaClass === target);
  return { spans, index, parts: isCopied ? undefined : mergeParts({ spans, index }, type, under) };
}

const NO_FIELD = -1;

/** Gives the index that a field of the result has in an object of another schema, or NO_FIELD. */
function indexIn(spans: FieldSpans | undefined, target: DeltaClass, field: number): number {
  if (spans === undefined) return NO_FIELD;
  if (spans.deltaClass === target) return field;
  const { name, type } = target.fields[field]!;
  const own = spans.deltaClass.field(name);
  // A field of the same name and another type is another field: nothing of it can be taken over.
  return own?.type.kind === type.kind ? own.index : NO_FIELD;
}

function stateAt(spans: FieldSpans | undefined, index: number): number {
  return index === NO_FIELD ? fieldStates.absent : spans!.stateOf(index);
}

/** A part of the result, by its tech-id: what is held of it, and what changes it. */
interface MergedPart {
  readonly techId: Uint8Array;
  readonly held: FieldSpans | undefined;
  readonly change: FieldSpans | undefined;
}

function mergeParts(place: FieldPlace, type: PartType | PartsType, under: FieldPlace | undefined): MergedPart[] {
  const merged = new Map<string, MergedPart>();
  if (under !== undefined)
    for (const { key, techId, spans } of partsAt(under, type))
      merged.set(key, { techId, held: spans, change: undefined });
  const named: string[] = [];
  for (const { key, techId, spans, oper } of partsAt(place, type)) {
    if (oper !== "DELETE") named.push(key);
    if (oper === "DELETE") merged.delete(key);
    // One part takes the place of another; in a collection a new one stands last.
    else if (type.kind === "part")
      replaceOnly(merged, key, { techId, held: merged.get(key)?.held, change: spans }, oper);
    else merged.set(key, { techId, held: oper === "UPDATE" ? merged.get(key)?.held : undefined, change: spans });
  }
  return orderParts(merged, named);
}

function replaceOnly(merged: Map<string, MergedPart>, key: string, next: MergedPart, oper: PartOper): void {
  merged.clear();
  merged.set(key, oper === "UPDATE" ? next : { ...next, held: undefined });
}

/** Gives the parts of a field where they stand, with their tech-ids. */
export function* partsAt(
  place: FieldPlace,
  type: PartType | PartsType,
): Generator<PartSpans & { key: string; techId: Uint8Array }> {
  const { bytes, whole, deltaClass } = place.spans;
  const own = deltaClass.fields[place.index]!.type as PartType | PartsType;
  const cursor = place.spans.cursorAt(place.index);
  const count = type.kind === "parts" ? cursor.structure.count(TECH_ID_BYTES) : 1;
  for (let at = 0; at < count; at++) {
    const part = readPartSpans(cursor, own.deltaClass, whole);
    yield {
      ...part,
      key: bytesToGuid(bytes, part.techIdAt),
      techId: bytes.subarray(part.techIdAt, part.techIdAt + TECH_ID_BYTES),
    };
  }
}
