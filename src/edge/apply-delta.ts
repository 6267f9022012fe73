import { unreachable } from "../base/assert.js";
import { LiveDistError } from "../base/errors.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { appTopics, isRoutingTopic } from "../topics/topics-list.js";
import { changeFields, type LooseFields, wholeFields } from "./change-fields.js";
import type { Entity } from "./entity.js";

/**
 * Gives what becomes of an entity by a delta-object that an Edge delivered; undefined is an entity that is not held. CREATE
 * and FULL replace it, PARTIAL and UPDATE change what they carry, DELETE and a delta that leaves remove it (guide §2.5, §4.1).
 * Changes nothing that it is given. Throws Entity for a PARTIAL or UPDATE of an entity that is not held: the copy missed something.
 */
export function applyDelta(entity: Entity | undefined, delta: DeltaObject): Entity | undefined {
  if (delta.leaves) return undefined;
  const { deltaClass, oper } = delta;
  switch (oper) {
    case "DELETE":
      return undefined;
    case "REGISTER":
      return entity;
    case "CREATE":
    case "FULL":
      return entityOf(delta, wholeFields(deltaClass, { deltaClass, fields: delta.fields }));
    case "PARTIAL":
    case "UPDATE":
      if (!entity)
        throw new LiveDistError("Entity", `${oper} of the ${deltaClass.name} ${delta.techId}, which is not held`);
      return entityOf(delta, changeFields(entity, { deltaClass, fields: delta.fields }));
    default:
      return unreachable(oper);
  }
}

function entityOf({ deltaClass, techId, updateTime, topics }: DeltaObject, fields: LooseFields): Entity {
  // Deltas with the same topics mostly share one list; a copy in each entity would take more memory than all else of it.
  const app = topics.some(isRoutingTopic) ? appTopics(topics) : topics;
  return { deltaClass, techId, updateTime, topics: app, fields };
}
