import type { MayGive } from "../cache-server/body-reader.js";
import { topicsInLoads } from "../topics/topics-in-loads.js";
import type { TopicsSlice } from "../topics/topics-slice.js";

/** Lets clients without registration have what their slice selects, in loads or in the stream: who may load it may have it. */
export function whereSelected(slice: TopicsSlice): MayGive {
  return (topics) => slice.selectsHeld(topicsInLoads(slice, topics));
}

/** Lets a registered client have what its slice does not veto. */
export function unlessVetoed(slice: TopicsSlice): MayGive {
  return (topics) => !slice.excludesAny(topics) || slice.selectsHeld(topicsInLoads(slice, topics));
}
