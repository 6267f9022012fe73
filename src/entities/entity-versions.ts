import { assert } from "../base/assert.js";
import type { DeltaClass } from "../delta/delta-class.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { compareVersions, type FieldVersions, type Version } from "../delta/version.js";

/**
 * The versions of an entity's fields as its row keeps them: one for most fields, and those that differ by the name of the
 * field. By name, because a field's index changes where a base class gets another field.
 */
export interface EntityVersions {
  /** The version of every field that is not in `differing`, also of one that the class gets later. */
  readonly base: Version;
  readonly differing: ReadonlyMap<string, Version>;
}

const none: ReadonlyMap<string, Version> = new Map();

/** Gives the versions of a new entity. */
export function createdVersions(version: Version): EntityVersions {
  return { base: version, differing: none };
}

/** Gives the versions after a write to some fields of a class. */
export function updatedVersions(
  versions: EntityVersions,
  deltaClass: DeltaClass,
  fields: Iterable<string>,
  version: Version,
): EntityVersions {
  const differing = new Map(versions.differing);
  for (const name of fields) differing.set(name, version);
  // The last write stays in sight as long as one of its fields does; the base is only dropped when no field has it any more.
  if (deltaClass.fields.some(({ name }) => !differing.has(name))) return { base: versions.base, differing };
  return rebased(differing);
}

/** Gives the versions after fields were merged, each with a version of its own. */
export function mergedVersions(
  versions: EntityVersions,
  deltaClass: DeltaClass,
  accepted: ReadonlyMap<string, Version>,
): EntityVersions {
  let merged = versions;
  for (const [name, version] of accepted) merged = updatedVersions(merged, deltaClass, [name], version);
  return merged;
}

/** Gives the versions of a new entity that a delta-object brought. */
export function arrivedVersions({ deltaClass, version, fieldVersions }: DeltaObject): EntityVersions {
  const accepted = new Map<string, Version>();
  for (const group of fieldVersions)
    for (const index of group.fields) {
      const name = deltaClass.fields[index]?.name;
      if (name !== undefined) accepted.set(name, group.version);
    }
  return mergedVersions(createdVersions(version), deltaClass, accepted);
}

/** Gives the version of one field. */
export function fieldVersionOf({ base, differing }: EntityVersions, name: string): Version {
  return differing.get(name) ?? base;
}

/** Gives the newest of some versions. */
export function latestOf(versions: Iterable<Version>): Version | undefined {
  let latest: Version | undefined;
  for (const version of versions) if (latest === undefined || compareVersions(version, latest) > 0) latest = version;
  return latest;
}

/** Makes the version of most fields the base. */
function rebased(differing: Map<string, Version>): EntityVersions {
  const counts = new Map<Version, number>();
  for (const version of differing.values()) counts.set(version, (counts.get(version) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a)[0];
  assert(most !== undefined, "a class whose fields were written has fields");
  const [base] = most;
  for (const [name, version] of differing) if (version === base) differing.delete(name);
  return { base, differing };
}

/** Gives the version of the last write: that of the entity. */
export function latestVersion({ base, differing }: EntityVersions): Version {
  let latest = base;
  for (const version of differing.values()) if (compareVersions(version, latest) > 0) latest = version;
  return latest;
}

const noFieldVersions: readonly FieldVersions[] = [];

/** Gives what a delta-object of the whole entity carries: its version, and the fields whose version is another. */
export function deltaVersions(
  versions: EntityVersions,
  deltaClass: DeltaClass,
  latest = latestVersion(versions),
): { version: Version; fieldVersions: readonly FieldVersions[] } {
  const { base, differing } = versions;
  if (differing.size === 0 && base === latest) return { version: base, fieldVersions: noFieldVersions };
  const groups = new Map<Version, number[]>();
  for (const { name, index } of deltaClass.fields) {
    const version = differing.get(name) ?? base;
    if (compareVersions(version, latest) === 0) continue;
    const group = groups.get(version);
    if (group === undefined) groups.set(version, [index]);
    else group.push(index);
  }
  return { version: latest, fieldVersions: Array.from(groups, ([version, fields]) => ({ version, fields })) };
}

type VersionText = [timeMs: number, counter: number, site: string];
type GroupText = [...VersionText, ...fields: string[]];
type VersionsText = [...VersionText, ...groups: GroupText[]];

/** Writes versions as the column Versions holds them: `[timeMs,counter,"site",[timeMs,counter,"site","field",…],…]`. */
export function formatVersions({ base, differing }: EntityVersions): string {
  const text: VersionsText = versionText(base);
  const groups = new Map<Version, GroupText>();
  for (const [name, version] of differing) {
    let group = groups.get(version);
    if (group === undefined) {
      group = versionText(version);
      groups.set(version, group);
      text.push(group);
    }
    group.push(name);
  }
  return JSON.stringify(text);
}

function versionText({ timeMs, counter, site }: Version): VersionText {
  return [timeMs, counter, site];
}

/** Reads what `formatVersions` wrote. */
export function parseVersions(text: string): EntityVersions {
  const [timeMs, counter, site, ...groups] = JSON.parse(text) as VersionsText;
  const base: Version = { timeMs, counter, site };
  if (groups.length === 0) return { base, differing: none };
  const differing = new Map<string, Version>();
  for (const [groupTimeMs, groupCounter, groupSite, ...names] of groups) {
    const version: Version = { timeMs: groupTimeMs, counter: groupCounter, site: groupSite };
    for (const name of names) differing.set(name, version);
  }
  return { base, differing };
}
