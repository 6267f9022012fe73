import type { SnapshotInfo } from "../plugs/cache-notifier.js";
import type { ConsoleContext } from "./console-context.js";

/** A load that is being sent, as the console shows it. */
export interface LoadView extends SnapshotInfo {
  readonly runningMs: number;
  readonly bytes: number;
  /** Of `entities`. */
  readonly entitiesSent: number;
}

/** Gives the loads that are being sent, the oldest first. */
export function loadViews({ site }: ConsoleContext): { readonly loads: readonly LoadView[] } {
  const nowMs = site.clock.now();
  const loads = site.loads.all.map(({ snapshot, begunMs, bytes, entitiesSent }) => {
    return { ...snapshot, runningMs: nowMs - begunMs, bytes, entitiesSent };
  });
  return { loads };
}
