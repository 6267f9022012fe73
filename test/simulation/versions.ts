import type { DeltaObject } from "../../src/delta/delta-object.js";
import { compareVersions, type Version } from "../../src/delta/version.js";
import { type PlainField, plainFields, Thing } from "./things.js";

/** A value of a field, and which write it is from. */
export interface Written {
  readonly value: unknown;
  readonly version: Version;
}

export type WrittenFields = ReadonlyMap<PlainField, Written>;

/** Gives the plain fields that a delta-object carries, each with its version. */
export function writtenFields({ fields, version, fieldVersions, oper }: DeltaObject): Map<PlainField, Written> {
  const isWhole = oper === "CREATE" || oper === "FULL";
  const written = new Map<PlainField, Written>();
  for (const name of plainFields) {
    const value = (fields as Record<string, unknown>)[name];
    if (value === undefined && !isWhole) continue;
    const { index } = Thing.field(name)!;
    const own = fieldVersions.find((group) => group.fields.includes(index));
    written.set(name, { value: value ?? null, version: own?.version ?? version });
  }
  return written;
}

export function isNewer(one: Written, other: Written | undefined): boolean {
  return other === undefined || compareVersions(one.version, other.version) > 0;
}

export function versionText({ timeMs, counter, site }: Version): string {
  return `${timeMs % 1e8}.${counter}.${site}`;
}
