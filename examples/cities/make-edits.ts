import { setTimeout as sleep } from "node:timers/promises";
import { Arrivals } from "./arrivals.js";
import type { CityEdge } from "./edges.js";
import { say } from "./say.js";
import type { SimulatedEdits } from "./simulated-edits.js";

/** Milliseconds between two transactions, and between two reports. */
const EDIT_MS = 10;
const REPORT_MS = 1_000;

/** Commits simulated edits for some seconds, and reports every second what arrived. Rejects where the signal aborts. */
export async function makeEdits(
  edits: SimulatedEdits,
  edges: readonly CityEdge[],
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const arrivals = edges.map((edge) => new Arrivals(edge, edits));
  const startMs = performance.now();
  for (let second = 1; second <= seconds; second++) {
    const before = edits.editCount;
    while (performance.now() < startMs + second * REPORT_MS) {
      await edits.commit();
      await sleep(EDIT_MS, undefined, { signal });
    }
    say(`   Second ${second}: ${edits.editCount - before} simulated edits`);
    for (const arrival of arrivals) for (const line of arrival.report()) say(line);
  }
}
