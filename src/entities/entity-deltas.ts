import type { DeltaObject } from "../delta/delta-object.js";
import type { Version } from "../delta/version.js";
import { deltaVersions } from "./entity-versions.js";
import type { Entity, LooseFields, StoredEntity } from "./entity.js";
import { presentFields } from "./present-fields.js";

// The fields were checked already, so these delta-objects are not made through DeltaClass.delta, which would check them again.
const noFieldVersions: DeltaObject["fieldVersions"] = [];

/** Makes the delta of an entity's creation; also of an entity that was created long ago, as a load gives it (guide §5.3). */
export function createDelta(stored: StoredEntity, topics: readonly string[] = stored.entity.topics): DeltaObject {
  const { deltaClass, techId, updateTime, fields } = stored.entity;
  const { version, fieldVersions } = deltaVersions(stored.versions, deltaClass);
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
    fieldVersions,
    inCache: stored.inCache,
    leaves: false,
    takesSynchronized: false,
    forThisClientAlone: false,
  };
}

/** What the deltas of an entity that exists have in common. */
interface Write {
  readonly entity: Entity;
  readonly inCache: boolean;
  readonly version: Version;
}

/** Makes the delta of an update to some fields. */
export function updateDelta(
  write: Write,
  topics: readonly string[],
  oldTopics: readonly string[],
  modified: LooseFields,
): DeltaObject {
  return { ...writeDelta(write, write.entity.updateTime), oper: "UPDATE", topics, oldTopics, fields: modified };
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
