import type { MayGive } from "../cache-server/body-reader.js";
import type { Cache } from "../cache-server/cache.js";
import { SlotSet } from "../cache-server/slot-set.js";
import { goneTechIds } from "./gone-tech-ids.js";

/** What becomes of the tech-ids of a LoadEntities. */
export interface NamedEntities {
  /** The entities that the client is given, each once however often it was named: an answer costs what is held. */
  readonly slots: SlotSet;
  /** The tech-ids of the others, 16 bytes each. */
  readonly gone: Uint8Array;
}

/** Gives which of some tech-ids (16 bytes each) a client is given: those that the cache holds and whose topics let it have them. */
export function namedEntities(cache: Cache, techIds: Uint8Array, mayGive: MayGive): NamedEntities {
  const slots = new SlotSet();
  const gone = goneTechIds(cache, techIds, (_, slot) => {
    const isGiven = mayGive(cache.topicsOfList(cache.topicsListOf(slot)));
    if (isGiven) slots.add(slot);
    return isGiven;
  });
  return { slots, gone };
}
