import { topicsHeld } from "../topics/topics-held.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { WindowDelta } from "./window-row.js";

/** What a client is given of a delta (protocol: one pass per delta). */
export type Decision = "nothing" | "asItIs" | "full" | "leaves";

/** Modes in which a server keeps nothing of single clients, so that all with the same slice are one group. */
export type UnregisteredTracking = "transition" | "none";

/** Decides what clients with a slice are given of a delta. A pure function: it can be asked again for an old row. */
export function decide(tracking: UnregisteredTracking, slice: TopicsSlice, delta: WindowDelta): Decision {
  const selects = (topics: readonly string[]): boolean => slice.selectsHeld(topicsHeld(topics));
  if (tracking === "none") return selects(delta.routedTopics) ? decideNone(delta) : "nothing";
  const was = delta.oldAppTopics !== null && selects(delta.oldAppTopics);
  return decideTransition(delta, was, selects(delta.appTopics));
}

/** Decides for slices that select all topics, in mode `none`: the stream of that, never FULL (guide §2.1.3.1). */
export function decideNone({ encoded: { oper } }: WindowDelta): Decision {
  return oper === "CREATE" || oper === "PARTIAL" || oper === "UPDATE" ? "asItIs" : "nothing";
}

/**
 * Decides for slices that selected what the entity was, and select what it is, in mode `transition`: an entity that enters the
 * slice is given in full, one that leaves it is told to leave.
 */
export function decideTransition(delta: WindowDelta, was: boolean, selectsTopics: boolean): Decision {
  const { oper } = delta.encoded;
  if (oper === "FULL" || oper === "REGISTER") return "nothing";
  const is = selectsTopics && oper !== "DELETE";
  if (!is) return was ? "leaves" : "nothing";
  if (oper === "CREATE") return "asItIs";
  // Whoever was given the entity was given it from the cache: what that does not hold, nobody can apply an update to.
  if (delta.record === undefined) return "nothing";
  return was ? "asItIs" : "full";
}
