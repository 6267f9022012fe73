import type { MayGive } from "../cache-server/body-reader.js";
import { topicsHeld } from "../topics/topics-held.js";
import type { TopicsSlice } from "../topics/topics-slice.js";

/** Lets clients without registration have what their slice selects. */
export function whereSelected(slice: TopicsSlice): MayGive {
  return (topics) => slice.selectsHeld(topicsHeld(topics));
}

/** Lets a registered client have what its slice does not veto. */
export function unlessVetoed(slice: TopicsSlice): MayGive {
  return (topics) => !slice.excludesAny(topics) || slice.selectsHeld(topicsHeld(topics));
}
