/** The version of a write: a hybrid logical clock, then the writing site, which breaks ties (protocol: merge per field). */
export interface Version {
  /** Milliseconds since 1970-01-01 UTC, a whole number ≥ 0. */
  readonly timeMs: number;
  /** Counts the writes of one site within the same millisecond. */
  readonly counter: number;
  /** The name of the writing site, with its incarnation where it was restored. */
  readonly site: string;
}

/** The version of fields that differ from their delta's own version. Fields stand by their index in the delta-class. */
export interface FieldVersions {
  readonly version: Version;
  readonly fields: readonly number[];
  /**
   * Fields inside parts, and parts themselves, whose version is not that of what holds them. In a whole object, a part that is
   * named here and is not there was deleted at this version.
   */
  readonly partFields?: readonly PartFieldPath[];
}

/** Where a field stands inside parts: from the entity down, the field that holds parts and the tech-id of the part. */
export interface PartFieldPath {
  readonly steps: readonly { readonly field: number; readonly techId: string }[];
  /** The field of the innermost part; undefined for the part itself, "place" for its place among the others. */
  readonly field: number | "place" | undefined;
}

/** Orders versions: negative where `a` is older than `b`, 0 where they are the same write. */
export function compareVersions(a: Version, b: Version): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.counter !== b.counter) return a.counter - b.counter;
  return a.site < b.site ? -1 : a.site > b.site ? 1 : 0;
}
