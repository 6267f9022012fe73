import type { DeltaClass, Field } from "./delta-class.js";
import { fieldStates } from "./field-cursor.js";
import type { FieldSpans } from "./field-spans.js";
import { isPart, type PartsType, type PartType } from "./field-type.js";
import { partsAt } from "./merge-fields.js";
import type { Version } from "./version.js";
import {
  collectionNode,
  fieldNode,
  noParts,
  objectNode,
  partNode,
  placeOf,
  type FieldNode,
  type ObjectNode,
  type PlacedPart,
} from "./version-tree.js";

/** An object where it stands, and its versions. */
export interface SpannedNode {
  readonly spans: FieldSpans;
  readonly node: ObjectNode;
}

/**
 * Gives the versions of a whole object after a change (the fields of a PARTIAL, UPDATE or second-class UPDATE): of what the
 * change names they are the change's, which were decided where it was made.
 */
export function mergeNodes(held: SpannedNode, change: SpannedNode, target: DeltaClass, version: Version): ObjectNode {
  const fields = new Map<string, FieldNode>();
  for (const { name, type } of target.fields) {
    const own = placeIn(held, name, type.kind);
    const changed = placeIn(change, name, type.kind);
    if (changed === undefined || stateOf(changed) === fieldStates.absent) {
      if (own !== undefined) fields.set(name, own.node);
    } else if (isPart(type)) fields.set(name, mergeParts(own, changed, type));
    else fields.set(name, changed.node);
  }
  return objectNode(version, fields);
}

/** A field of one side. */
interface FieldPlace {
  readonly spans: FieldSpans;
  readonly index: number;
  readonly node: FieldNode;
}

function placeIn({ spans, node }: SpannedNode, name: string, kind: Field["type"]["kind"]): FieldPlace | undefined {
  const field = spans.deltaClass.field(name);
  return field?.type.kind === kind ? { spans, index: field.index, node: fieldNode(node, name) } : undefined;
}

function stateOf({ spans, index }: FieldPlace): number {
  return spans.stateOf(index);
}

function hasValue(place: FieldPlace | undefined): place is FieldPlace {
  return place !== undefined && stateOf(place) === fieldStates.value;
}

function mergeParts(held: FieldPlace | undefined, change: FieldPlace, type: PartType | PartsType): FieldNode {
  const before = new Map<string, FieldSpans | undefined>();
  if (hasValue(held)) for (const { key, spans } of partsAt(held, type)) before.set(key, spans);
  return type.kind === "part" ? mergePart(held, change, type, before) : mergeCollection(held, change, type, before);
}

function mergePart(
  held: FieldPlace | undefined,
  change: FieldPlace,
  type: PartType,
  before: ReadonlyMap<string, FieldSpans | undefined>,
): FieldNode {
  const { version } = change.node;
  const [part] = hasValue(change) ? partsAt(change, type) : [];
  if (part?.spans === undefined) return { version, parts: noParts };
  const { key, oper, spans } = part;
  const arriving = { spans, node: partNode(change.node, key) };
  const under = before.get(key);
  const node =
    oper === "UPDATE" && held !== undefined && under !== undefined
      ? mergeNodes({ spans: under, node: partNode(held.node, key) }, arriving, type.deltaClass, version)
      : arriving.node;
  return { version, parts: node.fields.size === 0 ? noParts : new Map([[key, node]]) };
}

function mergeCollection(
  held: FieldPlace | undefined,
  change: FieldPlace,
  type: PartsType,
  before: ReadonlyMap<string, FieldSpans | undefined>,
): FieldNode {
  const { version } = change.node;
  const placed = new Map<string, PlacedPart>();
  const deleted = new Map<string, Version>();
  if (held !== undefined) {
    for (const key of before.keys()) {
      const node = partNode(held.node, key);
      placed.set(key, { node, place: placeOf(held.node, node) });
    }
    for (const [key, node] of held.node.parts) if (!before.has(key)) deleted.set(key, node.version);
  }
  if (!hasValue(change)) {
    for (const key of placed.keys()) deleted.set(key, version);
    return collectionNode(version, new Map(), deleted);
  }
  for (const { key, oper, spans } of partsAt(change, type)) {
    const node = partNode(change.node, key);
    if (oper === "DELETE" || spans === undefined) {
      placed.delete(key);
      deleted.set(key, node.version);
      continue;
    }
    const [under, own] = [before.get(key), placed.get(key)];
    const merged =
      oper === "UPDATE" && under !== undefined && own !== undefined
        ? mergeNodes({ spans: under, node: own.node }, { spans, node }, type.deltaClass, node.version)
        : node;
    placed.set(key, { node: merged, place: placeOf(change.node, node) });
    deleted.delete(key);
  }
  return collectionNode(version, placed, deleted);
}
