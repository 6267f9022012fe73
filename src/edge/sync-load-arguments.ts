import { LiveDistError } from "../base/errors.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Position } from "../wire/requests.js";
import type { CallOptions } from "./edge-options.js";
import type { TechIds } from "./tech-ids.js";

/** Since when a SyncLoad is wanted: a position, a time of update, or the minimum. */
export type Since = Position | Date | undefined;

export interface SyncLoadCall {
  readonly techIds: TechIds | undefined;
  readonly slice: string | TopicsSlice;
  readonly since: Since;
  readonly options: CallOptions;
}

/** Tells the two ways to call `Edge.syncLoad` apart. Throws Request for what is neither. */
export function readSyncLoadArguments(given: readonly unknown[]): SyncLoadCall {
  const [techIds, slice, since, options = {}] = isSlice(given[0]) ? [undefined, ...given] : given;
  if (!isSlice(slice)) throw new LiveDistError("Request", "syncLoad was called without a slice");
  if (!isSince(since) && !(since === undefined && techIds !== undefined))
    throw new LiveDistError("Request", "syncLoad takes a position or a Date");
  return { techIds: techIds as TechIds | undefined, slice, since, options: options as CallOptions };
}

/** A text could be iterated as tech-ids too, but is a slice. */
function isSlice(value: unknown): value is string | TopicsSlice {
  return typeof value === "string" || (isObject(value) && "text" in value);
}

function isSince(value: unknown): value is Position | Date {
  return value instanceof Date || (isObject(value) && "epoch" in value && "sequence" in value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
