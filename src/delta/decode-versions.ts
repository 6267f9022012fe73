import type { DeltaClass } from "./delta-class.js";
import { isPart } from "./field-type.js";
import type { FieldVersions, PartFieldPath, Version } from "./version.js";
import { ObjectDraft } from "./version-draft.js";
import { nodeOf, type ObjectNode } from "./version-tree.js";

/** What the header of a delta-object says of versions. */
export interface VersionedHeader {
  readonly version: Version;
  readonly fieldVersions: readonly FieldVersions[];
}

/** Reads the versions of a delta-object of a class; what names no field of the class is passed over. */
export function decodeVersions({ version, fieldVersions }: VersionedHeader, deltaClass: DeltaClass): ObjectNode {
  if (fieldVersions.length === 0) return nodeOf(version);
  const root = new ObjectDraft();
  for (const group of fieldVersions) {
    for (const index of group.fields) {
      const name = deltaClass.fields[index]?.name;
      if (name !== undefined) root.field(name).version = group.version;
    }
    for (const path of group.partFields ?? []) place(root, deltaClass, path, group.version);
  }
  return root.finish(version);
}

function place(root: ObjectDraft, deltaClass: DeltaClass, { steps, field }: PartFieldPath, version: Version): void {
  let [draft, ofClass] = [root, deltaClass];
  for (const step of steps) {
    const holder = ofClass.fields[step.field];
    if (holder === undefined || !isPart(holder.type)) return;
    draft = draft.field(holder.name).part(step.techId);
    ofClass = holder.type.deltaClass;
  }
  if (field === undefined) draft.version = version;
  else if (field === "place") draft.place = version;
  else {
    const name = ofClass.fields[field]?.name;
    if (name !== undefined) draft.field(name).version = version;
  }
}
