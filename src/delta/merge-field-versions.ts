import { decodeVersions } from "./decode-versions.js";
import type { DeltaClass } from "./delta-class.js";
import { wholeVersions } from "./encode-versions.js";
import { fieldStates } from "./field-cursor.js";
import type { FieldSpans } from "./field-spans.js";
import { isPart } from "./field-type.js";
import type { SchemaDelta } from "./merge-record.js";
import { mergeNodes } from "./merge-nodes.js";
import { compareVersions, type FieldVersions, type Version } from "./version.js";

/** A delta-object and where its fields stand. */
export interface SpannedDelta extends SchemaDelta {
  readonly spans: FieldSpans;
}

/**
 * Gives the field versions of an entity after a PARTIAL or UPDATE: what the change carries has the change's version, all else
 * keeps the one it had. Only what differs from the entity's own `version` is listed.
 */
export function mergeFieldVersions(
  held: SpannedDelta,
  change: SpannedDelta,
  target: DeltaClass,
  version: Version,
): readonly FieldVersions[] {
  if (isAboutParts(held, change)) {
    const sides = [held, change].map((one) => ({
      spans: one.spans,
      node: decodeVersions(one.encoded, one.spans.deltaClass),
    }));
    return wholeVersions(target, mergeNodes(sides[0]!, sides[1]!, target, version), version);
  }
  return mergeOwnFields(held, change, target, version);
}

/** Tells whether there is more to be merged than one version for each field, as there mostly is not. */
function isAboutParts(held: SpannedDelta, { encoded, spans }: SpannedDelta): boolean {
  if (hasPaths(held.encoded.fieldVersions) || hasPaths(encoded.fieldVersions)) return true;
  for (const { index, type } of spans.deltaClass.fields)
    if (isPart(type) && spans.stateOf(index) !== fieldStates.absent) return true;
  return false;
}

function hasPaths(groups: readonly FieldVersions[]): boolean {
  for (const { partFields } of groups) if (partFields !== undefined && partFields.length > 0) return true;
  return false;
}

function mergeOwnFields(
  held: SpannedDelta,
  change: SpannedDelta,
  target: DeltaClass,
  version: Version,
): FieldVersions[] {
  const versionsOfHeld = versionsByField(held);
  const versionsOfChange = versionsByField(change);
  const groups: { version: Version; fields: number[] }[] = [];
  for (const { index, name } of target.fields) {
    const changeIndex = indexIn(change.spans.deltaClass, target, index, name);
    const heldIndex = indexIn(held.spans.deltaClass, target, index, name);
    const isChanged = changeIndex !== undefined && change.spans.stateOf(changeIndex) !== fieldStates.absent;
    if (!isChanged && heldIndex === undefined) continue;
    const own = isChanged ? versionsOfChange(changeIndex) : versionsOfHeld(heldIndex!);
    if (compareVersions(own, version) === 0) continue;
    const group = groups.find((one) => compareVersions(one.version, own) === 0);
    if (group === undefined) groups.push({ version: own, fields: [index] });
    else group.fields.push(index);
  }
  return groups;
}

function indexIn(deltaClass: DeltaClass, target: DeltaClass, index: number, name: string): number | undefined {
  return deltaClass === target ? index : deltaClass.field(name)?.index;
}

function versionsByField({ encoded, spans }: SpannedDelta): (field: number) => Version {
  const { version: whole, fieldVersions } = encoded;
  // Mostly all fields of a delta-object have its own.
  if (fieldVersions.length === 0) return () => whole;
  const versions = new Array<Version>(spans.deltaClass.fields.length).fill(whole);
  for (const { version, fields } of fieldVersions)
    for (const field of fields) if (field < versions.length) versions[field] = version;
  return (field) => versions[field]!;
}
