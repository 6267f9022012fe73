import { setTimeout as sleep } from "node:timers/promises";

const WAIT_MS_MAX = 30_000;
const LOOK_MS = 10;

/** Waits until something holds; gives false where it does not in time. Rejects where the signal aborts. */
export async function waitUntil(holds: () => boolean, signal?: AbortSignal, waitMsMax = WAIT_MS_MAX): Promise<boolean> {
  const endMs = performance.now() + waitMsMax;
  while (!holds()) {
    if (performance.now() > endMs) return false;
    await sleep(LOOK_MS, undefined, { ...(signal && { signal }) });
  }
  return true;
}
