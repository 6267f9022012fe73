import { DeltaBufferError } from "../base/errors.js";
import { isGuid } from "../base/guid.js";
import { checkFields } from "./check-fields.js";
import type { DeltaClass, FieldMap } from "./delta-class.js";
import type { DeltaInit, DeltaObject } from "./delta-object.js";
import type { Version } from "./version.js";

/** UpdateTimes further than this from 1970 (some 71,000 years) are refused, so that differences of two stay exact. */
const UPDATE_TIME_MS_MAX = 2 ** 51;

/** Makes a delta-object with its defaults filled in; see `DeltaClass.delta`. */
export function createDelta<F extends FieldMap>(deltaClass: DeltaClass<F>, init: DeltaInit<F>): DeltaObject<F> {
  const { oper, techId, updateTime } = init;
  if (!isGuid(techId)) throw new DeltaBufferError(`techId must be a GUID: ${JSON.stringify(techId)}`);
  const updateTimeMs = updateTime.getTime();
  if (!(Math.abs(updateTimeMs) <= UPDATE_TIME_MS_MAX)) throw new DeltaBufferError("updateTime must be a valid Date");
  return {
    deltaClass,
    oper,
    techId: techId.toLowerCase(),
    updateTime,
    topics: init.topics ?? [],
    oldTopics: init.oldTopics ?? null,
    fields: checkFields(deltaClass, init.fields ?? {}, oper),
    version: init.version === undefined ? defaultVersion(updateTimeMs) : checkVersion(init.version),
    fieldVersions: init.fieldVersions ?? [],
    inCache: init.inCache ?? deltaClass.inCache,
    leaves: init.leaves ?? false,
    takesSynchronized: init.takesSynchronized ?? false,
    forThisClientAlone: init.forThisClientAlone ?? false,
  };
}

function defaultVersion(updateTimeMs: number): Version {
  return { timeMs: Math.max(0, updateTimeMs), counter: 0, site: "" };
}

function checkVersion(version: Version): Version {
  const { timeMs, counter } = version;
  if (
    !Number.isSafeInteger(timeMs) ||
    timeMs < 0 ||
    timeMs > UPDATE_TIME_MS_MAX ||
    !Number.isSafeInteger(counter) ||
    counter < 0
  ) {
    throw new DeltaBufferError("a version needs a whole timeMs ≥ 0 and a whole counter ≥ 0");
  }
  return version;
}
