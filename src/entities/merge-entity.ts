import type { DeltaObject } from "../delta/delta-object.js";
import { isWhole } from "../delta/oper.js";
import { isPart } from "../delta/field-type.js";
import { compareVersions, type FieldVersions, type Version } from "../delta/version.js";
import { changeFields } from "./change-fields.js";
import { deltaVersions, fieldVersionOf, latestOf, mergedVersions, type EntityVersions } from "./entity-versions.js";
import type { LooseFields, StoredEntity } from "./entity.js";
import { emptyValue, type NewTechId } from "./whole-fields.js";

/** What a delta-object comes to on an entity that is held. */
export interface EntityMerge {
  /** The fields that are newer than those held, as they stand in an UPDATE delta; none where all is rejected. */
  readonly modified: LooseFields;
  readonly after: LooseFields;
  readonly versions: EntityVersions;
  /** The newest version among those accepted, and the others by their fields; undefined where all is rejected. */
  readonly version: Version | undefined;
  readonly fieldVersions: readonly FieldVersions[];
  /** Whether any field of the delta-object is older than the one held: its sender has not seen that one. */
  readonly isOlder: boolean;
}

/** Merges a delta-object into an entity: each field has the newer of its two versions (protocol: merge per field). */
export function mergeEntity({ entity, versions }: StoredEntity, delta: DeltaObject, newTechId: NewTechId): EntityMerge {
  const { deltaClass, fields: before } = entity;
  const accepted = new Map<string, Version>();
  const given: Record<string, unknown> = {};
  let isOlder = false;
  const versionOf = versionsByIndex(delta);
  for (const { name, index, type } of deltaClass.fields) {
    const arriving = (delta.fields as LooseFields)[name] ?? (isWhole(delta.oper) ? emptyValue(type) : undefined);
    const value = arriving === undefined && name in delta.fields ? null : arriving;
    if (value === undefined) continue;
    const version = versionOf(index);
    const order = compareVersions(version, fieldVersionOf(versions, name));
    if (order < 0) isOlder = true;
    if (order <= 0) continue;
    accepted.set(name, version);
    given[name] = value;
  }
  const change = changeFields(deltaClass, before, given, newTechId);
  const modified: Record<string, unknown> = { ...change?.modified };
  for (const { name, type } of deltaClass.fields)
    if (accepted.has(name) && !isPart(type) && !(name in modified)) modified[name] = before[name];
  const version = latestOf(accepted.values());
  const merged = mergedVersions(versions, deltaClass, accepted);
  const fieldVersions =
    version === undefined
      ? []
      : deltaVersions(merged, deltaClass, version).fieldVersions.flatMap(({ version: one, fields }) => {
          const own = fields.filter((field) => accepted.has(deltaClass.fields[field]!.name));
          return own.length === 0 ? [] : [{ version: one, fields: own }];
        });
  return { modified, after: change?.after ?? before, versions: merged, version, fieldVersions, isOlder };
}

/** Gives the version of each field of a delta-object by its index. */
export function versionsByIndex({ version, fieldVersions }: DeltaObject): (index: number) => Version {
  if (fieldVersions.length === 0) return () => version;
  const differing = new Map<number, Version>();
  for (const group of fieldVersions) for (const index of group.fields) differing.set(index, group.version);
  return (index) => differing.get(index) ?? version;
}
