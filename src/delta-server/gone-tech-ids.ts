import { GUID_BYTES } from "../base/guid.js";
import { NO_SLOT } from "../base/guid-table.js";
import type { Cache } from "../cache-server/cache.js";

/** Gives those of some tech-ids (16 bytes each) that the cache does not hold; calls back with the offset of each of the others. */
export function goneTechIds(
  cache: Cache,
  techIds: Uint8Array,
  whenHeld: (offset: number) => void = () => undefined,
): Uint8Array {
  const gone = new Uint8Array(techIds.length);
  let length = 0;
  for (let at = 0; at < techIds.length; at += GUID_BYTES) {
    if (cache.slotOf(techIds, at) !== NO_SLOT) whenHeld(at);
    else {
      gone.set(techIds.subarray(at, at + GUID_BYTES), length);
      length += GUID_BYTES;
    }
  }
  return gone.slice(0, length);
}
