import type { DeltaServer } from "../../delta-server/delta-server.js";
import type { TopicsSlice } from "../../topics/topics-slice.js";

/** Gives the slices that somebody follows just now, registered or not. */
export function slicesInUse({ groups, registered }: Pick<DeltaServer, "groups" | "registered">): TopicsSlice[] {
  return [...groups.slicesInUse, ...registered.slices];
}
