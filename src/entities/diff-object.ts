import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import { isPart, type PartsType, type PartType } from "../delta/field-type.js";
import { fieldNode, isSame, partNode, placeOf, type FieldNode } from "../delta/version-tree.js";
import { isInOrder } from "./change-parts.js";
import type { LooseFields, LoosePart } from "./entity.js";
import type { MergeSide } from "./merge-object.js";
import { partsIn } from "./part-lists.js";
import { presentFields } from "./present-fields.js";

/** Gives what differs between an entity or part and a later state of it, in value or version, as it stands in an UPDATE delta. */
export function diffObject(deltaClass: DeltaClass, before: MergeSide, after: MergeSide): LooseFields {
  const modified: Record<string, unknown> = {};
  for (const { name, type } of deltaClass.fields) {
    const nodes = [fieldNode(before.node, name), fieldNode(after.node, name)] as const;
    const isRewritten = !isSame(nodes[0].version, nodes[1].version);
    if (!isPart(type)) {
      if (isRewritten) modified[name] = after.fields[name];
      continue;
    }
    const [held, later] = [partsIn(before.fields[name]), partsIn(after.fields[name])];
    const deltas = diffParts(type, held, later, nodes);
    if (type.kind === "part" && deltas.length > 0) modified[name] = deltas.at(-1);
    else if (type.kind === "part" && isRewritten) modified[name] = null;
    else if (type.kind === "parts" && (deltas.length > 0 || isRewritten)) modified[name] = deltas;
  }
  return modified;
}

type Nodes = readonly [before: FieldNode, after: FieldNode];

/** Gives deletions first; where the parts come into another order, the others name every one of them. */
function diffParts(
  type: PartType | PartsType,
  held: readonly LoosePart[],
  later: readonly LoosePart[],
  nodes: Nodes,
): PartDelta[] {
  const heldById = new Map(held.map((part) => [part.techId, part]));
  const stay = new Set(later.map(({ techId }) => techId));
  const deltas: PartDelta[] = deletedParts(held, stay, nodes).map((techId) => ({ oper: "DELETE", techId }));
  const isReordered = !isInOrder(held, later);
  for (const part of later) {
    const delta = diffPart(type, heldById.get(part.techId), part, nodes);
    if (delta !== undefined) deltas.push(delta);
    else if (isReordered) deltas.push({ oper: "UPDATE", techId: part.techId, fields: {} });
  }
  return deltas;
}

/** Gives the parts that are gone, and those of whose deletion was not known before. */
function deletedParts(held: readonly LoosePart[], stay: ReadonlySet<string>, [before, after]: Nodes): string[] {
  const deleted = new Set(held.map(({ techId }) => techId).filter((techId) => !stay.has(techId)));
  for (const [techId, { version }] of after.parts) {
    const known = before.parts.get(techId);
    if (!stay.has(techId) && (known === undefined || !isSame(known.version, version))) deleted.add(techId);
  }
  return [...deleted];
}

function diffPart(
  { kind, deltaClass }: PartType | PartsType,
  held: LoosePart | undefined,
  { techId, ...fields }: LoosePart,
  [before, after]: Nodes,
): PartDelta | undefined {
  const [own, later] = [partNode(before, techId), partNode(after, techId)];
  if (held === undefined || !isSame(own.version, later.version))
    return { oper: "CREATE", techId, fields: presentFields(deltaClass, fields) };
  const modified = diffObject(deltaClass, { fields: held, node: own }, { fields, node: later });
  const isMoved = kind === "parts" && !isSame(placeOf(before, own), placeOf(after, later));
  return isMoved || Object.keys(modified).length > 0 ? { oper: "UPDATE", techId, fields: modified } : undefined;
}
