import type { TopicsSlice } from "../topics/topics-slice.js";
import type { WindowDelta } from "./window-row.js";

/** What a client is given of a delta (protocol: one pass per delta). */
export type Decision = "nothing" | "asItIs" | "full" | "leaves";

/** Modes in which a server keeps nothing of single clients, so that all with the same slice are one group. */
export type UnregisteredTracking = "transition" | "none";

/** Decides what clients with a slice are given of a delta. A pure function: it can be asked again for an old row. */
export function decide(tracking: UnregisteredTracking, slice: TopicsSlice, delta: WindowDelta): Decision {
  return tracking === "transition" ? decideTransition(slice, delta) : decideNone(slice, delta);
}

/** Mode `none`: the stream of what all topics select, never FULL (guide §2.1.3.1). */
function decideNone(slice: TopicsSlice, { encoded: { oper }, routedTopics }: WindowDelta): Decision {
  if (oper !== "CREATE" && oper !== "PARTIAL" && oper !== "UPDATE") return "nothing";
  return slice.selectsHeld(routedTopics) ? "asItIs" : "nothing";
}

/** Mode `transition`: an entity that enters the slice is given in full, one that leaves it is told to leave. */
function decideTransition(slice: TopicsSlice, delta: WindowDelta): Decision {
  const { oper } = delta.encoded;
  if (oper === "FULL" || oper === "REGISTER") return "nothing";
  const was = delta.oldAppTopics !== null && slice.selectsHeld(delta.oldAppTopics);
  const is = oper !== "DELETE" && slice.selectsHeld(delta.appTopics);
  if (!is) return was ? "leaves" : "nothing";
  if (oper === "CREATE") return "asItIs";
  // Whoever was given the entity was given it from the cache: what that does not hold, nobody can apply an update to.
  if (delta.record === undefined) return "nothing";
  return was ? "asItIs" : "full";
}
