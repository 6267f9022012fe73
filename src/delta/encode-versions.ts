import type { DeltaClass, Field, PartDelta } from "./delta-class.js";
import { isPart } from "./field-type.js";
import type { FieldVersions, PartFieldPath, Version } from "./version.js";
import { fieldNode, isSame, partNode, type FieldNode, type ObjectNode } from "./version-tree.js";

type Steps = PartFieldPath["steps"];

const none: readonly FieldVersions[] = [];

/** Gives the field versions of a CREATE or FULL whose own version is `version`. */
export function wholeVersions(deltaClass: DeltaClass, node: ObjectNode, version: Version): readonly FieldVersions[] {
  if (node.fields.size === 0 && isSame(node.version, version)) return none;
  const groups = new VersionGroups();
  for (const field of deltaClass.fields) {
    const own = fieldNode(node, field.name);
    if (!isSame(own.version, version)) groups.addField(field.index, own.version);
    addListedParts(groups, field, own, []);
  }
  return groups.list;
}

/** Gives the field versions of a PARTIAL or UPDATE with some fields: of all that it names. */
export function changeVersions(
  deltaClass: DeltaClass,
  node: ObjectNode,
  fields: Readonly<Record<string, unknown>>,
  version: Version,
): readonly FieldVersions[] {
  const groups = new VersionGroups();
  for (const field of deltaClass.fields) {
    if (!Object.hasOwn(fields, field.name)) continue;
    const own = fieldNode(node, field.name);
    if (!isSame(own.version, version)) groups.addField(field.index, own.version);
    addNamedParts(groups, field, own, fields[field.name], []);
  }
  return groups.list.length === 0 ? none : groups.list;
}

/** Adds all that is listed of a whole field. Of deleted parts there is no other word, so they are always told. */
function addListedParts(groups: VersionGroups, { index, type }: Field, field: FieldNode, above: Steps): void {
  if (!isPart(type)) return;
  for (const [techId, part] of field.parts) {
    const steps = [...above, { field: index, techId }];
    if (type.kind === "parts" && (part.fields.size === 0 || !isSame(part.version, field.version)))
      groups.addPath(steps, undefined, part.version);
    addListedFields(groups, type.deltaClass, part, steps);
  }
}

function addListedFields(groups: VersionGroups, deltaClass: DeltaClass, part: ObjectNode, steps: Steps): void {
  if (part.place !== undefined) groups.addPath(steps, "place", part.place);
  if (part.fields.size === 0) return;
  for (const field of deltaClass.fields) {
    const own = part.fields.get(field.name);
    if (own === undefined) continue;
    if (!isSame(own.version, part.version)) groups.addPath(steps, field.index, own.version);
    addListedParts(groups, field, own, steps);
  }
}

function addNamedParts(groups: VersionGroups, field: Field, node: FieldNode, value: unknown, above: Steps): void {
  const { index, type } = field;
  if (!isPart(type) || value === null) return;
  const deltas = (type.kind === "parts" ? value : [value]) as readonly PartDelta[];
  for (const { oper, techId, fields = {} } of deltas) {
    const part = partNode(node, techId);
    const steps = [...above, { field: index, techId }];
    if (type.kind === "parts" && !isSame(part.version, node.version)) groups.addPath(steps, undefined, part.version);
    if (oper === "CREATE") addListedFields(groups, type.deltaClass, part, steps);
    if (oper === "UPDATE") addNamedFields(groups, type.deltaClass, part, fields, steps);
  }
}

function addNamedFields(
  groups: VersionGroups,
  deltaClass: DeltaClass,
  part: ObjectNode,
  fields: Readonly<Record<string, unknown>>,
  steps: Steps,
): void {
  if (part.place !== undefined) groups.addPath(steps, "place", part.place);
  for (const field of deltaClass.fields) {
    if (!Object.hasOwn(fields, field.name)) continue;
    const own = fieldNode(part, field.name);
    if (!isSame(own.version, part.version)) groups.addPath(steps, field.index, own.version);
    addNamedParts(groups, field, own, fields[field.name], steps);
  }
}

interface Group {
  readonly version: Version;
  readonly fields: number[];
  readonly partFields: PartFieldPath[];
}

/** Gathers what has the same version. */
class VersionGroups {
  readonly list: Group[] = [];
  readonly #byVersion = new Map<string, Group>();

  addField(field: number, version: Version): void {
    this.#group(version).fields.push(field);
  }

  addPath(steps: Steps, field: PartFieldPath["field"], version: Version): void {
    this.#group(version).partFields.push({ steps, field });
  }

  #group(version: Version): Group {
    const key = `${version.timeMs} ${version.counter} ${version.site}`;
    let group = this.#byVersion.get(key);
    if (group === undefined) {
      group = { version, fields: [], partFields: [] };
      this.#byVersion.set(key, group);
      this.list.push(group);
    }
    return group;
  }
}
