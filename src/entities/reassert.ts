import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import { isPart, type PartsType, type PartType } from "../delta/field-type.js";
import type { Version } from "../delta/version.js";
import {
  collectionNode,
  fieldNode,
  noParts,
  objectNode,
  type FieldNode,
  type ObjectNode,
} from "../delta/version-tree.js";
import type { LooseFields, LoosePart } from "./entity.js";
import type { EntityMerge } from "./merge-entity.js";
import { partsIn } from "./part-lists.js";
import { presentFields } from "./present-fields.js";
import { placedParts } from "./write-versions.js";

/** A merge some fields of which were refused. */
export interface Reassertion {
  readonly after: LooseFields;
  readonly versions: ObjectNode;
  /** What was accepted, as it stands in an UPDATE delta. */
  readonly accepted: LooseFields;
  /** The refused fields with the values held, as an UPDATE delta says them to a site that has accepted the others. */
  readonly reasserted: LooseFields;
}

/** Gives refused fields the values held, as if they were written whole with a new version. */
export function reassert(
  deltaClass: DeltaClass,
  held: { readonly fields: LooseFields; readonly versions: ObjectNode },
  merge: EntityMerge,
  refused: ReadonlySet<string>,
  version: Version,
): Reassertion {
  const after: Record<string, unknown> = { ...merge.after };
  const accepted: Record<string, unknown> = { ...merge.modified };
  const reasserted: Record<string, unknown> = {};
  const nodes = new Map(merge.versions.fields);
  for (const { name, type } of deltaClass.fields) {
    if (!refused.has(name)) continue;
    after[name] = held.fields[name];
    Reflect.deleteProperty(accepted, name);
    const sides = {
      held: partsIn(held.fields[name]),
      merged: partsIn(merge.after[name]),
      nodes: [fieldNode(held.versions, name), fieldNode(merge.versions, name)],
    };
    const field = isPart(type) ? reassertParts(type, sides, version) : undefined;
    reasserted[name] = field === undefined ? held.fields[name] : field.modified;
    nodes.set(name, field?.node ?? { version, parts: noParts });
  }
  return { after, versions: objectNode(merge.versions.version, nodes), accepted, reasserted };
}

interface Sides {
  readonly held: readonly LoosePart[];
  readonly merged: readonly LoosePart[];
  readonly nodes: readonly FieldNode[];
}

/** All parts held are created anew, since others may have heard of their deletion; those that only arrived are deleted. */
function reassertParts(
  { kind, deltaClass }: PartType | PartsType,
  { held, merged, nodes }: Sides,
  version: Version,
): { modified: unknown; node: FieldNode } {
  const creations = held.map((part): PartDelta => {
    const { techId, ...fields } = part;
    return { oper: "CREATE", techId, fields: presentFields(deltaClass, fields) };
  });
  const stay = new Set(held.map(({ techId }) => techId));
  const deleted = new Map<string, Version>();
  for (const node of nodes) {
    const known = placedParts(node, { held }, "held").deleted;
    for (const [techId, at] of known) deleted.set(techId, at);
  }
  for (const { techId } of merged) if (!stay.has(techId)) deleted.set(techId, version);
  const deletions = [...deleted.keys()].map((techId): PartDelta => ({ oper: "DELETE", techId }));
  if (kind === "parts")
    return { modified: [...deletions, ...creations], node: collectionNode(version, new Map(), deleted) };
  const gone = merged.find(({ techId }) => !stay.has(techId));
  const deletion: PartDelta | null = gone === undefined ? null : { oper: "DELETE", techId: gone.techId };
  return { modified: creations[0] ?? deletion, node: { version, parts: noParts } };
}
