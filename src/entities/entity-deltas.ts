import type { DeltaObject } from "../delta/delta-object.js";
import { changeVersions, wholeVersions } from "../delta/encode-versions.js";
import type { Version } from "../delta/version.js";
import { latestIn } from "../delta/version-tree.js";
import type { Entity, LooseFields, StoredEntity } from "./entity.js";
import { presentFields } from "./present-fields.js";

// The fields were checked already, so these delta-objects are not made through DeltaClass.delta, which would check them again.
const noFieldVersions: DeltaObject["fieldVersions"] = [];

/** Makes the delta of an entity's creation; also of an entity that was created long ago, as a load gives it (guide §5.3). */
export function createDelta(stored: StoredEntity, topics: readonly string[] = stored.entity.topics): DeltaObject {
  const { deltaClass, techId, updateTime, fields } = stored.entity;
  const version = latestIn(stored.versions);
  // One literal and no spreading: a cache that starts makes millions of these.
  return {
    deltaClass,
    oper: "CREATE",
    techId,
    updateTime,
    topics,
    oldTopics: null,
    fields: presentFields(deltaClass, fields),
    version,
    fieldVersions: wholeVersions(deltaClass, stored.versions, version),
    inCache: stored.inCache,
    leaves: false,
    takesSynchronized: false,
    forThisClientAlone: false,
  };
}

/** How an update goes into the log: alone, or as the guide's pair, which needs no cache beside the delta server (guide §2.6.1). */
export type UpdateForm = "UPDATE" | "PARTIAL+FULL";

/** An update of some fields, as it was written. */
export interface UpdateWrite {
  /** The entity afterwards. */
  readonly stored: StoredEntity;
  /** The newest version in it. */
  readonly version: Version;
  readonly modified: LooseFields;
  readonly oldTopics: readonly string[];
}

/** Makes the deltas of an update. The topics that route do not stand in FULL, which is for whoever needs the whole entity. */
export function updateDeltas(write: UpdateWrite, topics: readonly string[], form: UpdateForm): DeltaObject[] {
  const { stored, version, modified, oldTopics } = write;
  const { entity, inCache, versions } = stored;
  const fieldVersions = changeVersions(entity.deltaClass, versions, modified, version);
  const change = {
    ...writeDelta({ entity, inCache, version }, entity.updateTime),
    topics,
    oldTopics,
    fields: modified,
  };
  if (form === "UPDATE") return [{ ...change, fieldVersions, oper: "UPDATE" }];
  return [{ ...change, fieldVersions, oper: "PARTIAL" }, fullDelta(stored, oldTopics)];
}

/** Makes a delta of the whole entity for those who hold it without being synchronized. */
export function fullDelta(stored: StoredEntity, oldTopics: readonly string[] | null): DeltaObject {
  return { ...createDelta(stored), oper: "FULL", oldTopics };
}

/** Makes the delta that registers clients on an entity; `takesSynchronized`: so that they are given it in full. */
export function registerDelta(
  { entity, inCache, versions }: StoredEntity,
  topics: readonly string[],
  takesSynchronized: boolean,
): DeltaObject {
  const write = { entity, inCache, version: latestIn(versions) };
  return {
    ...writeDelta(write, entity.updateTime),
    oper: "REGISTER",
    topics,
    oldTopics: null,
    fields: {},
    takesSynchronized,
  };
}

/** What the deltas of an entity that exists have in common. */
interface Write {
  readonly entity: Entity;
  readonly inCache: boolean;
  readonly version: Version;
}

/** Makes the delta of a physical deletion. */
export function deleteDelta(write: Write, updateTime: Date): DeltaObject {
  const { topics } = write.entity;
  return { ...writeDelta(write, updateTime), oper: "DELETE", topics, oldTopics: topics, fields: {} };
}

function writeDelta({ entity, inCache, version }: Write, updateTime: Date) {
  const { deltaClass, techId } = entity;
  const flags = { inCache, leaves: false, takesSynchronized: false, forThisClientAlone: false };
  return { deltaClass, techId, updateTime, version, fieldVersions: noFieldVersions, ...flags };
}
