import type { Cache } from "../cache-server/cache.js";
import type { LoadAnswer } from "../cache-server/load-frames.js";
import { parseSubscription } from "../topics/everything.js";
import type { SyncLoadRequest } from "../wire/requests.js";
import { goneTechIds } from "./gone-tech-ids.js";
import { isChangedSince } from "./is-changed-since.js";
import { whereSelected } from "./may-give.js";

/** Where and when a load is made: its cache is at the sequence-number. */
export interface LoadMoment {
  readonly cache: Cache;
  readonly epoch: string;
  readonly sequence: number;
  /** Milliseconds since 1970 that time-windows are counted from. */
  readonly nowMs: number;
}

/**
 * Answers the SyncLoad of a client without registration: what its slice selects and what has changed since, and which of the
 * tech-ids named are not held. It cannot say what left.
 */
export function changedEntities({ cache, epoch, sequence, nowMs }: LoadMoment, request: SyncLoadRequest): LoadAnswer {
  const slice = parseSubscription(request.topicsSlice);
  const slots = cache.selectSlots(slice, nowMs, { accept: isChangedSince(cache, request, epoch) });
  const answer = { sequence, selection: cache.capture(slots), mayGive: whereSelected(slice) };
  return request.techIds ? { ...answer, gone: goneTechIds(cache, request.techIds) } : answer;
}
