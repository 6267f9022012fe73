import { PART_TOMBSTONES_MAX } from "../base/limits.js";
import { compareVersions, type Version } from "./version.js";

/**
 * The versions of an entity, or of a part in a collection (protocol: merge per field). What is not listed has the version of
 * what holds it, so that most entities need one version and nothing else.
 */
export interface ObjectNode {
  /** Of every field that is not listed. For a part: when it was created; newer than what an earlier part of that tech-id had. */
  readonly version: Version;
  /** When a part was last given its place among the others, where this is not the later of its own and its field's version. */
  readonly place?: Version;
  /** By name, because a field's index changes where a base class gets another field. */
  readonly fields: ReadonlyMap<string, FieldNode>;
}

/** The versions of a field. */
export interface FieldNode {
  /** When its value was written; for a collection: when its parts were last put into an order; for a single part: which it is. */
  readonly version: Version;
  /** Parts by tech-id. One that is listed and not there was deleted at the version listed. */
  readonly parts: ReadonlyMap<string, ObjectNode>;
}

export const noFields: ReadonlyMap<string, FieldNode> = new Map();
export const noParts: ReadonlyMap<string, ObjectNode> = new Map();

/** Older than every version that was ever given: of a field that the writer did not know. */
export const unknownVersion: Version = { timeMs: 0, counter: 0, site: "" };

/** Gives the versions of something whose fields and parts are all of one write. */
export function nodeOf(version: Version): ObjectNode {
  return { version, fields: noFields };
}

export function fieldNode({ version, fields }: ObjectNode, name: string): FieldNode {
  return fields.get(name) ?? { version, parts: noParts };
}

export function partNode({ version, parts }: FieldNode, techId: string): ObjectNode {
  return parts.get(techId) ?? nodeOf(version);
}

/** Tells when a part was given its place. */
export function placeOf(field: FieldNode, part: ObjectNode): Version {
  return part.place ?? laterOf(part.version, field.version);
}

export function laterOf(a: Version, b: Version): Version {
  return compareVersions(a, b) >= 0 ? a : b;
}

export function isSame(a: Version, b: Version): boolean {
  return compareVersions(a, b) === 0;
}

/** Gives an object's versions without what goes without saying. */
export function objectNode(version: Version, fields: ReadonlyMap<string, FieldNode>): ObjectNode {
  const listed = [...fields].filter(([, node]) => node.parts.size > 0 || !isSame(node.version, version));
  return { version, fields: listed.length === 0 ? noFields : new Map(listed) };
}

/** A part of a collection: its versions, and when it was given its place. */
export interface PlacedPart {
  readonly node: ObjectNode;
  readonly place: Version;
}

/**
 * Gives a collection's versions without what goes without saying. Of the deleted parts the newest PART_TOMBSTONES_MAX are
 * remembered.
 */
export function collectionNode(
  version: Version,
  parts: ReadonlyMap<string, PlacedPart>,
  deleted: ReadonlyMap<string, Version>,
): FieldNode {
  const listed = new Map<string, ObjectNode>();
  for (const [techId, { node, place }] of parts) {
    const { version: own, fields } = node;
    const isDefaultPlace = isSame(place, laterOf(own, version));
    if (isDefaultPlace && fields.size === 0 && isSame(own, version)) continue;
    listed.set(techId, isDefaultPlace ? { version: own, fields } : { version: own, place, fields });
  }
  for (const [techId, one] of newest(deleted)) listed.set(techId, nodeOf(one));
  return { version, parts: listed.size === 0 ? noParts : listed };
}

function newest(deleted: ReadonlyMap<string, Version>): Iterable<[string, Version]> {
  if (deleted.size <= PART_TOMBSTONES_MAX) return deleted;
  // By tech-id too: all that keep the same deletions have to forget the same ones.
  const order = [...deleted].sort(([a, x], [b, y]) => compareVersions(y, x) || (a < b ? -1 : 1));
  return order.slice(0, PART_TOMBSTONES_MAX);
}

/** Gives the newest version in an object. */
export function latestIn({ version, place, fields }: ObjectNode): Version {
  let latest = place === undefined ? version : laterOf(version, place);
  for (const field of fields.values()) {
    latest = laterOf(latest, field.version);
    for (const part of field.parts.values()) latest = laterOf(latest, latestIn(part));
  }
  return latest;
}
