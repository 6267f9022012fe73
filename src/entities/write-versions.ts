import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import { isPart, type PartsType, type PartType } from "../delta/field-type.js";
import type { Version } from "../delta/version.js";
import {
  collectionNode,
  fieldNode,
  noParts,
  nodeOf,
  objectNode,
  partNode,
  placeOf,
  type FieldNode,
  type ObjectNode,
  type PlacedPart,
} from "../delta/version-tree.js";
import { isInOrder } from "./change-parts.js";
import type { LooseFields } from "./entity.js";
import { deltasIn, partsIn } from "./part-lists.js";
import type { ChangedFields } from "./part-writer.js";

/**
 * Gives the versions of an entity or part after a write here of `change.modified`, which has one version for all of it. (Only
 * the places of parts that it brings into another order count on from that version.)
 */
export function writeVersions(
  deltaClass: DeltaClass,
  node: ObjectNode,
  change: ChangedFields,
  version: Version,
): ObjectNode {
  const fields = new Map(node.fields);
  for (const { name, type } of deltaClass.fields) {
    if (!Object.hasOwn(change.modified, name)) continue;
    const field = fieldNode(node, name);
    fields.set(name, isPart(type) ? writtenParts(type, field, name, change, version) : { version, parts: noParts });
  }
  return objectNode(node.version, fields);
}

function writtenParts(
  type: PartType | PartsType,
  field: FieldNode,
  name: string,
  change: ChangedFields,
  version: Version,
): FieldNode {
  if (type.kind === "parts") return writtenCollection(type, field, name, change, version);
  const [delta] = deltasIn(change.modified[name]);
  if (delta?.oper !== "UPDATE") return { version, parts: noParts };
  const part = writtenPart(type, partNode(field, delta.techId), delta, name, change, version);
  return { version: field.version, parts: part.fields.size === 0 ? noParts : new Map([[delta.techId, part]]) };
}

function writtenCollection(
  type: PartsType,
  field: FieldNode,
  name: string,
  change: ChangedFields,
  version: Version,
): FieldNode {
  const { placed, deleted } = placedParts(field, change.before, name);
  const [before, after] = [partsIn(change.before[name]), partsIn(change.after[name])];
  const isOrdered = !isInOrder(before, after);
  for (const delta of deltasIn(change.modified[name])) {
    const { oper, techId } = delta;
    if (oper === "DELETE") {
      placed.delete(techId);
      deleted.set(techId, version);
    } else if (oper === "CREATE") {
      placed.set(techId, { node: nodeOf(version), place: version });
      deleted.delete(techId);
    } else {
      const { node, place } = placed.get(techId)!;
      placed.set(techId, { node: writtenPart(type, node, delta, name, change, version), place });
    }
  }
  if (!isOrdered) return collectionNode(field.version, placed, deleted);
  // Each place has a version of its own, so that parts need not come together to come into their order.
  for (const [at, { techId }] of after.entries()) {
    const place = { ...version, counter: version.counter + at };
    placed.set(techId, { node: placed.get(techId)!.node, place });
  }
  return collectionNode(version, placed, deleted);
}

function writtenPart(
  { deltaClass }: PartType | PartsType,
  node: ObjectNode,
  { techId, fields: modified = {} }: PartDelta,
  name: string,
  { before, after }: ChangedFields,
  version: Version,
): ObjectNode {
  const inIt = (fields: LooseFields): LooseFields => partsIn(fields[name]).find((part) => part.techId === techId)!;
  return writeVersions(deltaClass, node, { before: inIt(before), modified, after: inIt(after) }, version);
}

/** Gives what is known of the parts in a collection: those that are there, and when others were deleted. */
export function placedParts(
  field: FieldNode,
  fields: LooseFields,
  name: string,
): { placed: Map<string, PlacedPart>; deleted: Map<string, Version> } {
  const placed = new Map<string, PlacedPart>();
  for (const { techId } of partsIn(fields[name])) {
    const node = partNode(field, techId);
    placed.set(techId, { node, place: placeOf(field, node) });
  }
  const deleted = new Map<string, Version>();
  for (const [techId, { version }] of field.parts) if (!placed.has(techId)) deleted.set(techId, version);
  return { placed, deleted };
}
