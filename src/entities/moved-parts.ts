import type { DeltaClass } from "../delta/delta-class.js";
import { isPart, type PartsType, type PartType } from "../delta/field-type.js";
import { compareVersions, type Version } from "../delta/version.js";
import {
  collectionNode,
  fieldNode,
  noParts,
  objectNode,
  partNode,
  type FieldNode,
  type ObjectNode,
} from "../delta/version-tree.js";
import type { LooseFields, LoosePart } from "./entity.js";
import type { MergeSide } from "./merge-object.js";
import { partsIn } from "./part-lists.js";
import { placedParts } from "./write-versions.js";

/** The newest creation of each tech-id, by the names of the fields that lead to the part. */
type Newest = Map<string, Map<string, Version>>;

/**
 * Gives a merged entity without the parts that two sites moved at the same time, each to another owner: within an entity, the
 * parts of one field differ in their tech-ids. The newest creation stays; the others count as deleted by it, at every site.
 */
export function withoutMovedTwice(deltaClass: DeltaClass, side: MergeSide): MergeSide {
  const newest: Newest = new Map();
  if (!gather(deltaClass, side, "", newest)) return side;
  return withoutOlder(deltaClass, side, "", newest);
}

/** Tells whether any tech-id stands twice. */
function gather(deltaClass: DeltaClass, { fields, node }: MergeSide, path: string, newest: Newest): boolean {
  let isTwice = false;
  for (const { name, type } of deltaClass.fields) {
    if (!isPart(type)) continue;
    const field = fieldNode(node, name);
    const key = `${path}.${name}`;
    let known = newest.get(key);
    if (known === undefined) newest.set(key, (known = new Map<string, Version>()));
    for (const part of partsIn(fields[name])) {
      const inner = partNode(field, part.techId);
      const other = known.get(part.techId);
      if (other !== undefined) isTwice = true;
      if (other === undefined || compareVersions(inner.version, other) > 0) known.set(part.techId, inner.version);
      if (gather(type.deltaClass, { fields: part, node: inner }, key, newest)) isTwice = true;
    }
  }
  return isTwice;
}

function withoutOlder(deltaClass: DeltaClass, { fields, node }: MergeSide, path: string, newest: Newest): MergeSide {
  const after: Record<string, unknown> = { ...fields };
  const nodes = new Map(node.fields);
  for (const { name, type } of deltaClass.fields) {
    if (!isPart(type)) continue;
    const held = { name, fields, field: fieldNode(node, name) };
    const rest = type.kind === "part" ? restOfPart : restOfCollection;
    const { value, field } = rest(type, held, `${path}.${name}`, newest);
    after[name] = value;
    nodes.set(name, field);
  }
  return { fields: after, node: objectNode(node.version, nodes) };
}

interface Held {
  readonly name: string;
  readonly fields: LooseFields;
  readonly field: FieldNode;
}

interface Rest {
  readonly value: unknown;
  readonly field: FieldNode;
}

function restOfPart({ deltaClass }: PartType | PartsType, held: Held, key: string, newest: Newest): Rest {
  const part = held.fields[held.name] as LoosePart | null;
  if (part === null) return { value: null, field: held.field };
  const node = partNode(held.field, part.techId);
  const version = newest.get(key)!.get(part.techId)!;
  if (compareVersions(node.version, version) < 0) return { value: null, field: { version, parts: noParts } };
  const inner = withoutOlder(deltaClass, { fields: part, node }, key, newest);
  const parts = inner.node.fields.size === 0 ? noParts : new Map<string, ObjectNode>([[part.techId, inner.node]]);
  return { value: inner.fields, field: { version: held.field.version, parts } };
}

function restOfCollection({ deltaClass }: PartType | PartsType, held: Held, key: string, newest: Newest): Rest {
  const { placed, deleted } = placedParts(held.field, held.fields, held.name);
  const rest: LooseFields[] = [];
  for (const part of partsIn(held.fields[held.name])) {
    const { node, place } = placed.get(part.techId)!;
    const version = newest.get(key)!.get(part.techId)!;
    if (compareVersions(node.version, version) < 0) {
      placed.delete(part.techId);
      deleted.set(part.techId, version);
      continue;
    }
    const inner = withoutOlder(deltaClass, { fields: part, node }, key, newest);
    placed.set(part.techId, { node: inner.node, place });
    rest.push(inner.fields);
  }
  return { value: rest, field: collectionNode(held.field.version, placed, deleted) };
}
