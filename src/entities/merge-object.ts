import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import { isPart, type PartType } from "../delta/field-type.js";
import {
  fieldNode,
  isSame,
  latestIn,
  noParts,
  objectNode,
  partNode,
  type FieldNode,
  type ObjectNode,
} from "../delta/version-tree.js";
import type { LooseFields, LoosePart } from "./entity.js";
import { mergeCollection } from "./merge-collection.js";
import type { MergeRun } from "./merge-run.js";
import { arrivedFields, arrivedPart } from "./arrived-fields.js";
import { presentFields } from "./present-fields.js";
import { checkedValue, emptyValue } from "./whole-fields.js";

/** An entity or part as it is held, or as it arrives. */
export interface MergeSide {
  readonly fields: LooseFields;
  readonly node: ObjectNode;
}

/** What merging an entity or part comes to. */
export interface ObjectMerge {
  /** What was accepted, as it stands in an UPDATE delta. */
  readonly modified: LooseFields;
  readonly after: LooseFields;
  readonly node: ObjectNode;
}

/** What merging one field comes to. */
export interface FieldMerge {
  readonly modified: unknown;
  readonly after: unknown;
  readonly node: FieldNode;
}

/** Merges an object of a class; `whole`: fields that did not arrive are null, and parts stand as whole objects. */
export function mergeObject(
  run: MergeRun,
  deltaClass: DeltaClass,
  held: MergeSide,
  arriving: MergeSide,
  whole: boolean,
): ObjectMerge {
  const modified: Record<string, unknown> = {};
  const after: Record<string, unknown> = { ...held.fields };
  const nodes = new Map(held.node.fields);
  for (const { name, type } of deltaClass.fields) {
    const value = Object.hasOwn(arriving.fields, name) ? arriving.fields[name] : undefined;
    if (value === undefined && !whole) continue;
    const [own, other] = [fieldNode(held.node, name), fieldNode(arriving.node, name)];
    const where = `${deltaClass.name}.${name}`;
    let merge: FieldMerge | undefined;
    if (!isPart(type)) {
      if (!run.accepts(other.version, own.version)) continue;
      const settled = checkedValue(type, value ?? null, where);
      merge = { modified: settled, after: settled, node: { version: other.version, parts: noParts } };
    } else {
      const sides = { held: held.fields[name], own, value: whole ? (value ?? emptyValue(type)) : value, other, whole };
      merge = type.kind === "part" ? mergePart(run, type, sides) : mergeCollection(run, type, sides);
    }
    if (merge === undefined) continue;
    modified[name] = merge.modified;
    after[name] = merge.after;
    nodes.set(name, merge.node);
  }
  return { modified, after, node: objectNode(held.node.version, nodes) };
}

/** A field of parts from both sides. */
export interface PartSides {
  readonly held: unknown;
  readonly own: FieldNode;
  /** As it arrives: whole objects where `whole`, otherwise second-class deltas. */
  readonly value: unknown;
  readonly other: FieldNode;
  readonly whole: boolean;
}

/** Which part it is, or none, is one value with one version; what is in it merges where both mean the same part. */
function mergePart(run: MergeRun, type: PartType, sides: PartSides): FieldMerge | undefined {
  const { own, other, whole } = sides;
  const held = sides.held as LoosePart | null;
  const arriving = sides.value === null ? undefined : arrivedPart(sides.value as LooseFields, whole);
  if (run.accepts(other.version, own.version)) {
    if (arriving?.oper === "UPDATE") run.lacks();
    return replacePart(run, type, held, arriving, other);
  }
  if (held === null || arriving === undefined || arriving.oper === "DELETE" || arriving.techId !== held.techId)
    return undefined;
  if (!isSame(other.version, own.version)) return undefined;
  const { techId, fields = {} } = arriving;
  const inner = mergeObject(
    run,
    type.deltaClass,
    { fields: held, node: partNode(own, techId) },
    { fields, node: partNode(other, techId) },
    arriving.oper === "CREATE",
  );
  if (Object.keys(inner.modified).length === 0) return undefined;
  const delta: PartDelta = { oper: "UPDATE", techId, fields: inner.modified };
  const parts = inner.node.fields.size === 0 ? noParts : new Map([[techId, inner.node]]);
  return { modified: delta, after: { ...inner.after, techId }, node: { version: own.version, parts } };
}

function replacePart(
  run: MergeRun,
  { deltaClass }: PartType,
  held: LoosePart | null,
  arriving: PartDelta | undefined,
  other: FieldNode,
): FieldMerge {
  const { version } = other;
  if (arriving?.oper !== "CREATE") {
    const modified = held === null ? null : ({ oper: "DELETE", techId: held.techId } satisfies PartDelta);
    return { modified, after: null, node: { version, parts: noParts } };
  }
  const { techId } = arriving;
  const fields = arrivedFields(deltaClass, arriving.fields ?? {});
  const node = partNode(other, techId);
  run.accept(latestIn(node));
  const delta: PartDelta = { oper: "CREATE", techId, fields: presentFields(deltaClass, fields) };
  const parts = node.fields.size === 0 ? noParts : new Map([[techId, { version, fields: node.fields }]]);
  return { modified: delta, after: { ...fields, techId }, node: { version, parts } };
}
