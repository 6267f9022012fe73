import { ByteReader } from "../base/byte-reader.js";
import { bytesToGuid } from "../base/guid.js";
import type { DeltaClass, Field } from "./delta-class.js";
import { TECH_ID_BYTES } from "./encoded-delta.js";
import { FieldCursor, fieldStates, writeFieldStates } from "./field-cursor.js";
import { readPartSpans, type FieldSpans, type PartSpans } from "./field-spans.js";
import { isPart, type FieldType, type PartsType, type PartType } from "./field-type.js";
import type { FieldWriters } from "./fields-codec.js";
import type { PartOper } from "./oper.js";
import { orderParts } from "./order-parts.js";

/**
 * Writes the whole object that results from `change` (the fields of a PARTIAL or UPDATE, or of a whole object) on `held` (a
 * whole object, or nothing), in the layout of `target`. Fields are matched by name, so that the three may be of different
 * schemas. Values are copied as bytes and never decoded; nulls of the change take fields away.
 */
export function mergeFields(
  writers: FieldWriters,
  target: DeltaClass,
  held: FieldSpans | undefined,
  change: FieldSpans | undefined,
): void {
  const count = target.fields.length;
  const sources = target.fields.map((field) => chooseSource(field, held, change));
  const merged = sources.map((source, index) => source && partsOf(source, target.fields[index]!.type, target));
  const states = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    // A single part that was deleted leaves null, which whole objects leave out.
    const gone = merged[index]?.length === 0 && target.fields[index]!.type.kind === "part";
    states[index] = sources[index] === undefined || gone ? fieldStates.absent : fieldStates.value;
  }
  writeFieldStates(writers.structure, count, states);
  for (let index = 0; index < count; index++) {
    if (states[index] === fieldStates.absent) continue;
    const list = merged[index];
    if (list === undefined) copyField(writers, sources[index]!);
    else writeParts(writers, target.fields[index]!.type as PartType | PartsType, list);
  }
}

/** Gives the parts of a field that have to be put together; undefined where the field's bytes can be copied as they are. */
function partsOf(source: Source, type: FieldType, target: DeltaClass): MergedPart[] | undefined {
  if (!isPart(type)) return undefined;
  return source.spans.whole && source.spans.deltaClass === target ? undefined : mergeParts(source, type);
}

function writeParts(writers: FieldWriters, type: PartType | PartsType, list: readonly MergedPart[]): void {
  if (type.kind === "parts") writers.structure.varint(list.length);
  for (const { techId, held, change } of list) {
    writers.structure.bytes(techId);
    mergeFields(writers, type.deltaClass, held, change);
  }
}

/** Where a field of the result comes from; `under` is the held field that second-class deltas are applied to. */
interface Source extends FieldPlace {
  readonly under: FieldPlace | undefined;
}

/** A field of an object. */
export interface FieldPlace {
  readonly spans: FieldSpans;
  readonly index: number;
}

function chooseSource(
  { name, type }: Field,
  held: FieldSpans | undefined,
  change: FieldSpans | undefined,
): Source | undefined {
  const heldPlace = placeOf(held, name, type);
  const under = heldPlace && stateAt(heldPlace) === fieldStates.value ? heldPlace : undefined;
  const changePlace = placeOf(change, name, type);
  if (changePlace === undefined || stateAt(changePlace) === fieldStates.absent)
    return under && { ...under, under: undefined };
  if (stateAt(changePlace) === fieldStates.null) return undefined;
  return { ...changePlace, under: changePlace.spans.whole ? undefined : under };
}

function placeOf(spans: FieldSpans | undefined, name: string, type: FieldType): FieldPlace | undefined {
  const field = spans?.deltaClass.field(name);
  // A field of the same name and another type is another field: nothing of it can be taken over.
  return spans === undefined || field?.type.kind !== type.kind ? undefined : { spans, index: field.index };
}

function stateAt({ spans, index }: FieldPlace): number {
  return spans.states[index]!;
}

function copyField({ structure, body }: FieldWriters, { spans, index }: FieldPlace): void {
  structure.bytes(spans.bytes.subarray(spans.structureStarts[index], spans.structureEnds[index]));
  body.bytes(spans.bytes.subarray(spans.bodyStarts[index], spans.bodyEnds[index]));
}

/** A part of the result, by its tech-id: what is held of it, and what changes it. */
interface MergedPart {
  readonly techId: Uint8Array;
  readonly held: FieldSpans | undefined;
  readonly change: FieldSpans | undefined;
}

function mergeParts(source: Source, type: PartType | PartsType): MergedPart[] {
  const merged = new Map<string, MergedPart>();
  if (source.under !== undefined)
    for (const { key, techId, spans } of partsAt(source.under, type))
      merged.set(key, { techId, held: spans, change: undefined });
  const named: string[] = [];
  for (const { key, techId, spans, oper } of partsAt(source, type)) {
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
  const cursor = cursorAt(place);
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

function cursorAt({ spans, index }: FieldPlace): FieldCursor {
  return new FieldCursor(
    new ByteReader(spans.bytes, spans.structureStarts[index], spans.structureEnds[index]),
    new ByteReader(spans.bytes, spans.bodyStarts[index], spans.bodyEnds[index]),
  );
}
