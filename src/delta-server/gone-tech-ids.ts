import { GUID_BYTES } from "../base/guid.js";
import { NO_SLOT } from "../base/guid-table.js";
import type { Cache } from "../cache-server/cache.js";

/**
 * Gives those of some tech-ids (16 bytes each) that the cache does not hold, and those that it holds and `isGiven`, called with
 * their offset and slot, leaves out.
 */
export function goneTechIds(
  cache: Cache,
  techIds: Uint8Array,
  isGiven: (offset: number, slot: number) => boolean = () => true,
): Uint8Array {
  const gone = new Uint8Array(techIds.length);
  let length = 0;
  for (let at = 0; at < techIds.length; at += GUID_BYTES) {
    const slot = cache.slotOf(techIds, at);
    if (slot !== NO_SLOT && isGiven(at, slot)) continue;
    gone.set(techIds.subarray(at, at + GUID_BYTES), length);
    length += GUID_BYTES;
  }
  return gone.slice(0, length);
}
