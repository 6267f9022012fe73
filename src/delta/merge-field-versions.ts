import { classOf } from "./delta-codec.js";
import type { DeltaClass } from "./delta-class.js";
import { FieldCursor, fieldStates, readFieldStates } from "./field-cursor.js";
import type { SchemaDelta } from "./merge-record.js";
import { compareVersions, type FieldVersions, type PartFieldPath, type Version } from "./version.js";

/**
 * Gives the field versions of an entity after a PARTIAL or UPDATE: a field that the change carries has the change's
 * version, any other keeps the one it had. Only what differs from the entity's own `version` is listed.
 */
export function mergeFieldVersions(
  held: SchemaDelta,
  change: SchemaDelta,
  target: DeltaClass,
  version: Version,
): FieldVersions[] {
  const heldClass = classOf(held.encoded, held.schema);
  const changeClass = classOf(change.encoded, change.schema);
  const changed = new Uint8Array(changeClass.fields.length);
  readFieldStates(FieldCursor.of(change.encoded).structure, changed.length, changed);
  const versionsOfHeld = versionsByField(held, heldClass.fields.length);
  const versionsOfChange = versionsByField(change, changed.length);
  const groups = new VersionGroups(version);
  for (const { index, name } of target.fields) {
    const changeIndex = changeClass.field(name)?.index;
    const heldIndex = heldClass.field(name)?.index;
    const isChanged = changeIndex !== undefined && changed[changeIndex] !== fieldStates.absent;
    if (isChanged) groups.add(index, versionsOfChange[changeIndex]!);
    else if (heldIndex !== undefined) groups.add(index, versionsOfHeld[heldIndex]!);
  }
  // Paths inside parts name fields by index, so they hold only within one class.
  const isKept = (first: number): boolean => changeClass === heldClass && changed[first] === fieldStates.absent;
  const heldPaths = heldClass === target ? pathsWhere(held, isKept) : [];
  const changePaths = changeClass === target ? pathsWhere(change, () => true) : [];
  for (const { path, of } of [...heldPaths, ...changePaths]) groups.addPath(path, of);
  return groups.list();
}

function versionsByField({ encoded }: SchemaDelta, fieldCount: number): Version[] {
  const versions = new Array<Version>(fieldCount).fill(encoded.version);
  for (const { version, fields } of encoded.fieldVersions)
    for (const field of fields) if (field < fieldCount) versions[field] = version;
  return versions;
}

function pathsWhere(
  { encoded }: SchemaDelta,
  accept: (firstField: number) => boolean,
): { path: PartFieldPath; of: Version }[] {
  return encoded.fieldVersions.flatMap(({ version, partFields = [] }) =>
    partFields.filter(({ steps }) => accept(steps[0]?.field ?? -1)).map((path) => ({ path, of: version })),
  );
}

class VersionGroups {
  readonly #own: Version;
  readonly #groups: { version: Version; fields: number[]; partFields: PartFieldPath[] }[] = [];

  constructor(own: Version) {
    this.#own = own;
  }

  add(field: number, version: Version): void {
    if (compareVersions(version, this.#own) !== 0) this.#group(version).fields.push(field);
  }

  addPath(path: PartFieldPath, version: Version): void {
    this.#group(version).partFields.push(path);
  }

  #group(version: Version): { fields: number[]; partFields: PartFieldPath[] } {
    let group = this.#groups.find((one) => compareVersions(one.version, version) === 0);
    if (group === undefined) this.#groups.push((group = { version, fields: [], partFields: [] }));
    return group;
  }

  list(): FieldVersions[] {
    return this.#groups;
  }
}
