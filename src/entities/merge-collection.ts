import type { PartDelta } from "../delta/delta-class.js";
import type { PartsType } from "../delta/field-type.js";
import { compareVersions, type Version } from "../delta/version.js";
import {
  collectionNode,
  isSame,
  laterOf,
  latestIn,
  partNode,
  placeOf,
  type ObjectNode,
  type PlacedPart,
} from "../delta/version-tree.js";
import { arrivedFields, arrivedPart } from "./arrived-fields.js";
import { isInOrder } from "./change-parts.js";
import type { LoosePart } from "./entity.js";
import { mergeObject, type FieldMerge, type PartSides } from "./merge-object.js";
import type { MergeRun } from "./merge-run.js";
import { partsIn } from "./part-lists.js";
import { presentFields } from "./present-fields.js";
import { placedParts } from "./write-versions.js";

/**
 * Merges a collection of parts. Whether a part is there is one value, its creation or deletion, the newer of which counts:
 * what changed an earlier part of the same tech-id is of no account. Its place is another value, and so is each of its fields.
 */
export function mergeCollection(run: MergeRun, type: PartsType, sides: PartSides): FieldMerge | undefined {
  return new CollectionMerge(run, type, sides).merge();
}

class CollectionMerge {
  readonly #run: MergeRun;
  readonly #type: PartsType;
  readonly #sides: PartSides;
  readonly #values: Map<string, LoosePart>;
  readonly #placed: Map<string, PlacedPart>;
  readonly #deleted: Map<string, Version>;
  /** What was accepted, by tech-id. */
  readonly #deltas = new Map<string, PartDelta>();

  constructor(run: MergeRun, type: PartsType, sides: PartSides) {
    this.#run = run;
    this.#type = type;
    this.#sides = sides;
    const held = partsIn(sides.held);
    this.#values = new Map(held.map((part) => [part.techId, part]));
    const { placed, deleted } = placedParts(sides.own, { held }, "held");
    this.#placed = placed;
    this.#deleted = deleted;
  }

  merge(): FieldMerge | undefined {
    const { own, other, held } = this.#sides;
    const arriving = this.#arriving();
    for (const delta of arriving) this.#mergePart(delta);
    const isOrderNewer = this.#run.accepts(other.version, own.version);
    if (!isOrderNewer && this.#deltas.size === 0) return undefined;
    const version = laterOf(own.version, other.version);
    const after = this.#inOrder(arriving.map(({ techId }) => techId));
    return {
      modified: this.#modified(partsIn(held), after),
      after,
      node: collectionNode(version, this.#placed, this.#deleted),
    };
  }

  /** Gives what arrives as second-class deltas: whole parts as created, those that only have a version as deleted. */
  #arriving(): PartDelta[] {
    const { value, other, whole } = this.#sides;
    if (value === null) return this.#allDeleted();
    const deltas = partsIn(value).map((part) => arrivedPart(part, whole));
    if (!whole) return deltas;
    const there = new Set(deltas.map(({ techId }) => techId));
    for (const techId of other.parts.keys()) if (!there.has(techId)) deltas.push({ oper: "DELETE", techId });
    // A whole object without a part, and without a word of it, was made where nobody had heard of that part.
    const told = new Set(deltas.map(({ techId }) => techId));
    if ([...this.#placed.keys()].some((techId) => !told.has(techId))) this.#run.meetsOlder();
    return deltas;
  }

  /** A field of parts that is set to null has none any more. */
  #allDeleted(): PartDelta[] {
    return [...this.#values.keys()].map((techId) => ({ oper: "DELETE", techId }));
  }

  #mergePart(delta: PartDelta): void {
    const { oper, techId } = delta;
    const node = partNode(this.#sides.other, techId);
    const live = this.#placed.get(techId);
    const held = live?.node.version ?? this.#deleted.get(techId);
    if (held !== undefined && isSame(node.version, held)) {
      if (live !== undefined && oper !== "DELETE") this.#mergeLive(live, delta, node);
    } else if (this.#run.accepts(node.version, held)) this.#replace(delta, node);
  }

  #replace({ oper, techId, fields = {} }: PartDelta, node: ObjectNode): void {
    const { deltaClass } = this.#type;
    if (oper === "UPDATE") {
      this.#run.lacks();
      return;
    }
    if (oper === "DELETE") {
      this.#values.delete(techId);
      this.#placed.delete(techId);
      this.#deleted.set(techId, node.version);
      this.#deltas.set(techId, { oper, techId });
      return;
    }
    const created = arrivedFields(deltaClass, fields);
    this.#run.accept(latestIn(node));
    this.#values.set(techId, { ...created, techId });
    this.#placed.set(techId, { node, place: placeOf(this.#sides.other, node) });
    this.#deleted.delete(techId);
    this.#deltas.set(techId, { oper, techId, fields: presentFields(deltaClass, created) });
  }

  #mergeLive({ node, place }: PlacedPart, { oper, techId, fields = {} }: PartDelta, arriving: ObjectNode): void {
    const newPlace = placeOf(this.#sides.other, arriving);
    const isPlaceNewer = this.#run.accepts(newPlace, place);
    const inner = mergeObject(
      this.#run,
      this.#type.deltaClass,
      { fields: this.#values.get(techId)!, node },
      { fields, node: arriving },
      oper === "CREATE",
    );
    if (!isPlaceNewer && Object.keys(inner.modified).length === 0) return;
    this.#values.set(techId, { ...inner.after, techId });
    this.#placed.set(techId, { node: inner.node, place: isPlaceNewer ? newPlace : place });
    this.#deltas.set(techId, { oper: "UPDATE", techId, fields: inner.modified });
  }

  /** Gives the parts by their places; those that one write created stand as that write had them, which either side knows. */
  #inOrder(arriving: readonly string[]): LoosePart[] {
    const rank = new Map(interleaved(partsIn(this.#sides.held), arriving).map((techId, at) => [techId, at]));
    const order = [...this.#placed].sort(
      ([a, { place: x }], [b, { place: y }]) => compareVersions(x, y) || rank.get(a)! - rank.get(b)!,
    );
    return order.map(([techId]) => this.#values.get(techId)!);
  }

  /**
   * Gives the second-class deltas. Where the parts come into another order, they name every one in the new order, as those of a
   * local write do.
   */
  #modified(held: readonly LoosePart[], after: readonly LoosePart[]): PartDelta[] {
    const isReordered = !isInOrder(held, after);
    const deltas = [...this.#deltas.values()].filter(({ oper }) => oper === "DELETE");
    for (const { techId } of after) {
      const delta = this.#deltas.get(techId);
      if (delta !== undefined) deltas.push(delta);
      else if (isReordered) deltas.push({ oper: "UPDATE", techId, fields: {} });
    }
    return deltas;
  }
}

/** Gives the tech-ids of both lists once: in the order of the second, those it lacks behind the one they follow in the first. */
function interleaved(held: readonly LoosePart[], arriving: readonly string[]): string[] {
  const arrived = new Set(arriving);
  const behind = new Map<string | undefined, string[]>();
  let last: string | undefined;
  for (const { techId } of held) {
    if (arrived.has(techId)) last = techId;
    else {
      const list = behind.get(last);
      if (list === undefined) behind.set(last, [techId]);
      else list.push(techId);
    }
  }
  return [undefined, ...arriving].flatMap((techId) => [
    ...(techId === undefined ? [] : [techId]),
    ...(behind.get(techId) ?? []),
  ]);
}
