import { LiveDistError } from "../base/errors.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Version } from "../delta/version.js";
import type { HybridClock } from "./hybrid-clock.js";

/**
 * Takes note of every version in a delta-object, so that what this site writes from now on is newer. Throws ClockAhead where
 * one is later than `timeMsMax`: the site that gave it has a clock that would win over everybody's writes for that long.
 */
export function seeVersions(clock: HybridClock, delta: DeltaObject, timeMsMax: number): void {
  check(delta.version, delta, timeMsMax);
  for (const { version } of delta.fieldVersions) check(version, delta, timeMsMax);
  clock.see(delta.version);
  for (const { version } of delta.fieldVersions) clock.see(version);
}

function check({ timeMs, site }: Version, { deltaClass, techId }: DeltaObject, timeMsMax: number): void {
  if (timeMs <= timeMsMax) return;
  throw new LiveDistError(
    "ClockAhead",
    `${deltaClass.name} ${techId} has a version of ${new Date(timeMs).toISOString()} by the site ${JSON.stringify(site)}:` +
      ` ${timeMs - timeMsMax} ms further ahead of the clock here than is allowed`,
  );
}
