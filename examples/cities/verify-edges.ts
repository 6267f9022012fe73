import { setTimeout as sleep } from "node:timers/promises";
import { type Check, checkCopy } from "./check.js";
import { type CityEdge, stopEdge } from "./edges.js";
import { count, say } from "./say.js";

const DIFFERENCES_SHOWN_MAX = 5;
const CHECK_MS = 200;
/** Checks that find the same differences, after which nothing more is awaited. */
const SAME_MAX = 25;

/**
 * Compares every edge's copy with what SQL selects at its site, once the edges have received everything. Gives whether nothing
 * differs; an empty copy would prove nothing.
 */
export async function verifyEdges(edges: readonly CityEdge[]): Promise<boolean> {
  say("8. Each edge's copy is compared with what SQL selects from the table at its site, value by value");
  let isWell = true;
  for (const edge of edges) {
    const check = await checkAtRest(edge);
    await stopEdge(edge);
    const problems = problemsOf(check);
    tell(edge, check, problems);
    isWell &&= problems.length === 0;
  }
  return isWell;
}

/** Checks a copy until nothing differs, or nothing changes any more: the last edits may still be on their way. */
async function checkAtRest(edge: CityEdge): Promise<Check> {
  let check = await checkEdge(edge);
  for (let same = 0; check.differences.length > 0 && same < SAME_MAX;) {
    await sleep(CHECK_MS);
    const before = check.differences.join();
    check = await checkEdge(edge);
    same = check.differences.join() === before ? same + 1 : 0;
  }
  return check;
}

function checkEdge({ site: { store }, replica, movedOut }: CityEdge): Promise<Check> {
  return store.snapshot((snapshot) => checkCopy(snapshot, replica.topicsSlice, replica.copy, movedOut));
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
