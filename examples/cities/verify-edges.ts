import type { Store } from "livedist";
import { type Check, checkCopy } from "./check.js";
import { type CityEdge, stopEdge } from "./edges.js";
import { count, say } from "./say.js";
import type { SimulatedEdits } from "./simulated-edits.js";
import { waitUntil } from "./wait-until.js";

const DIFFERENCES_SHOWN_MAX = 5;

/**
 * Compares every edge's copy with what SQL selects, once the edges have received everything. Gives whether nothing differs;
 * an empty copy would prove nothing.
 */
export async function verifyEdges(store: Store, edges: readonly CityEdge[], edits: SimulatedEdits): Promise<boolean> {
  say("7. Each copy is compared with what SQL selects from the table of the cities, value by value");
  await editEveryCopy(edges, edits);
  const { lastSequence } = await store.log.bounds();
  let isWell = true;
  for (const edge of edges) {
    const { replica } = edge;
    const problems = [...(await catchUp(edge, lastSequence))];
    await stopEdge(edge);
    const check = await store.snapshot((snapshot) =>
      checkCopy(snapshot, replica.topicsSlice, replica.copy, edge.movedOut),
    );
    problems.push(...problemsOf(check));
    tell(edge, check, problems);
    isWell &&= problems.length === 0;
  }
  say(
    isWell
      ? `   All is equal after ${count(edits.editCount)} simulated edits in ${count(edits.transactionCount)} transactions`
      : "   THERE ARE DIFFERENCES",
  );
  return isWell;
}

/**
 * Changes a city of every copy, in one transaction: an edge to which that came has all that was before. One to which nothing
 * comes is told how far the log is every 15 s only.
 */
async function editEveryCopy(edges: readonly CityEdge[], edits: SimulatedEdits): Promise<void> {
  const held = edges.flatMap(({ replica }) => [...replica.copy.techIds()].slice(0, 1));
  await edits.change(new Set(held), ({ population }) => ({ population: population + 1 }));
}

/** Waits until an edge has received everything; gives what went wrong. */
async function catchUp({ replica }: CityEdge, sequence: number): Promise<string[]> {
  const isCaughtUp = await waitUntil(() => (replica.copy.state()?.position.sequence ?? 0) >= sequence);
  return isCaughtUp ? [] : ["it did not receive everything in time"];
}

function problemsOf({ selected, differences }: Check): string[] {
  return selected === 0 ? ["SQL selects nothing, so that nothing was compared", ...differences] : [...differences];
}

function tell({ name }: CityEdge, { selected, movedOut, values }: Check, problems: readonly string[]): void {
  const verdict = problems.length === 0 ? "equal" : `${count(problems.length)} DIFFERENCES`;
  const more = movedOut === 0 ? "" : ` and ${count(movedOut)} that moved out of the slice`;
  say(`   ${name.padEnd(27)}${count(selected).padStart(7)} cities${more}, ${count(values)} values: ${verdict}`);
  for (const problem of problems.slice(0, DIFFERENCES_SHOWN_MAX)) say(`      ${problem}`);
}
