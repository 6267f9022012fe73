import { assert } from "../base/assert.js";

/**
 * What a Replica is doing: "loading" (or finding out whether it must), "live" (the copy is complete and follows), "waiting"
 * (after trouble, before it tries again; the copy is as complete as it was), "failed" (it gave up), "stopped".
 */
export type ReplicaState = "stopped" | "loading" | "live" | "waiting" | "failed";

const following: Readonly<Record<ReplicaState, readonly ReplicaState[]>> = {
  stopped: ["loading"],
  loading: ["live", "waiting", "failed", "stopped"],
  live: ["loading", "waiting", "failed", "stopped"],
  waiting: ["loading", "live", "failed", "stopped"],
  failed: ["loading", "stopped"],
};

/** Checks that one state may follow another. */
export function checkTransition(from: ReplicaState, to: ReplicaState): void {
  assert(following[from].includes(to), `a replica does not go from ${from} to ${to}`);
}
