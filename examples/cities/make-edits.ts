import { setTimeout as sleep } from "node:timers/promises";
import { Arrivals } from "./arrivals.js";
import type { Cable } from "./cable.js";
import type { CityEdge } from "./edges.js";
import { say } from "./say.js";
import type { TreeEdits } from "./tree-edits.js";

/** Milliseconds between two transactions, and between two reports. */
const EDIT_MS = 10;
const REPORT_MS = 1_000;
/** The seconds at whose beginning the cable is cut, and heals. */
const CUT_SECOND = 2;
const HEAL_SECOND = 4;

/**
 * Commits simulated edits for some seconds, and reports every second what arrived. For two of them a cable is cut. Rejects where
 * the signal aborts.
 */
export async function makeEdits(
  edits: TreeEdits,
  edges: readonly CityEdge[],
  cable: Cable,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const arrivals = edges.map((edge) => new Arrivals(edge, edits));
  const startMs = performance.now();
  const cutSecond = Math.min(CUT_SECOND, seconds);
  for (let second = 1; second <= seconds; second++) {
    if (second === cutSecond) cutCable(cable);
    if (second === HEAL_SECOND) healCable(cable);
    const before = edits.editCount;
    while (performance.now() < startMs + second * REPORT_MS) {
      await edits.commit();
      await sleep(EDIT_MS, undefined, { signal });
    }
    say(`   Second ${second}: ${edits.editCount - before} simulated edits`);
    for (const arrival of arrivals) for (const line of arrival.report()) say(line);
  }
  if (seconds < HEAL_SECOND) healCable(cable);
}

function cutCable(cable: Cable): void {
  cable.cut();
  say("   THE CABLE BETWEEN center AND europe IS CUT; at both ends people go on editing");
}

function healCable(cable: Cable): void {
  cable.heal();
  say("   The cable is mended; europe and center tell each other what they missed");
}
