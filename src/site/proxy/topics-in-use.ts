import type { DeltaServer } from "../../delta-server/delta-server.js";

/** Gives the topics that the slices need which somebody follows just now, registered or not. */
export function topicsInUse({ groups, registered }: Pick<DeltaServer, "groups" | "registered">): Set<string> {
  const topics = new Set<string>();
  for (const { needed } of [...groups.slicesInUse, ...registered.slices]) for (const topic of needed) topics.add(topic);
  return topics;
}
