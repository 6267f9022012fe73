import type { Cache } from "../cache-server/cache.js";
import type { SyncLoadRequest } from "../wire/requests.js";

/**
 * Gives what tells of an entity, by its slot, whether it changed since the client of a SyncLoad was last told of it: after its
 * position or, where it names a time, at that time or later. A position of another epoch says nothing: everything changed since.
 */
export function isChangedSince(
  cache: Cache,
  { position, updatedSinceMs }: SyncLoadRequest,
  epoch: string,
): (slot: number) => boolean {
  if (updatedSinceMs !== undefined) return (slot) => cache.updateTimeMs(slot) >= updatedSinceMs;
  if (position?.epoch !== epoch) return () => true;
  const { sequence } = position;
  return (slot) => cache.changeSequence(slot) > sequence;
}
