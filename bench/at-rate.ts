import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

/** Does something `count` times, `perSecond` times a second; what comes late is caught up with. */
export async function atRate(count: number, perSecond: number, work: () => unknown): Promise<void> {
  const start = performance.now();
  for (let done = 0; done < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1000) * perSecond) + 1);
    for (; done < due; done++) await work();
    await delay(1);
  }
}
