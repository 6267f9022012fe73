import type { Store } from "livedist";
import { setTimeout as sleep } from "node:timers/promises";
import { type Check, checkCopy } from "./check.js";
import { type CityEdge, stopEdge } from "./edges.js";
import { count, say } from "./say.js";
import type { SimulatedEdits } from "./simulated-edits.js";

/** Milliseconds that the edges get to receive the last edits. */
const CATCH_UP_MS_MAX = 30_000;
const DIFFERENCES_SHOWN_MAX = 5;

/**
 * Compares every edge's copy with what SQL selects, once the edges have received everything. Gives whether nothing differs;
 * no edits at all, or an empty copy, would prove nothing.
 */
export async function verifyEdges(store: Store, edges: readonly CityEdge[], edits: SimulatedEdits): Promise<boolean> {
  say("5. Each copy is compared with what SQL selects from the table of the cities, value by value");
  const { lastSequence } = await store.log.bounds();
  let isWell = true;
  for (const edge of edges) {
    const problems = [...(await catchUp(edge, lastSequence))];
    await stopEdge(edge);
    const check = await store.snapshot((snapshot) => checkCopy(snapshot, edge.slice, edge.replica.copy));
    problems.push(...problemsOf(check));
    tell(edge, check, problems);
    isWell &&= problems.length === 0;
  }
  if (edits.editCount === 0) say("   No edit was committed, so that nothing was shown");
  say(
    isWell
      ? `   All is equal after ${count(edits.editCount)} simulated edits in ${count(edits.transactionCount)} transactions`
      : "   THERE ARE DIFFERENCES",
  );
  return isWell && edits.editCount > 0;
}

/** Waits until an edge has received everything; gives what went wrong. */
async function catchUp({ replica }: CityEdge, sequence: number): Promise<string[]> {
  const endMs = performance.now() + CATCH_UP_MS_MAX;
  while ((replica.copy.state()?.position.sequence ?? 0) < sequence) {
    if (performance.now() > endMs) return [`it did not receive everything within ${CATCH_UP_MS_MAX / 1_000} s`];
    await sleep(20);
  }
  return [];
}

function problemsOf({ selected, differences }: Check): string[] {
  return selected === 0 ? ["SQL selects nothing, so that nothing was compared", ...differences] : [...differences];
}

function tell({ name }: CityEdge, { selected, values }: Check, problems: readonly string[]): void {
  const verdict = problems.length === 0 ? "equal" : `${count(problems.length)} DIFFERENCES`;
  say(`   ${name.padEnd(27)}${count(selected).padStart(7)} cities, ${count(values)} values: ${verdict}`);
  for (const problem of problems.slice(0, DIFFERENCES_SHOWN_MAX)) say(`      ${problem}`);
}
