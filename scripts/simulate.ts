import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Counts, runScenario } from "../test/simulation/run-scenario.js";
import { modes, scenarioOf } from "../test/simulation/generate-scenario.js";
import { describeFailure, shrinkFailing } from "../test/simulation/run-seeds.js";
import { parseScenario } from "../test/simulation/scenario-text.js";
import type { Scenario } from "../test/simulation/scenario.js";

const USAGE = `Simulates trees of sites and edges from seeds, and holds them against the invariants of the distribution.

  npm run simulate -- --seeds 1000 --from 1      a thousand seeds from 1 on
  npm run simulate -- --from 17 --trace          one seed, told step by step
  npm run simulate -- --from 17 --shrink         the smallest scenario found that fails as seed 17 does
  npm run simulate -- --scenario file            a scenario written as text

  --mode ${Object.keys(modes).join("|")}   only one kind of scenarios; otherwise seeds take them in turns
  --tries 300                  runs that --shrink makes at most
`;

const { values: given } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    from: { type: "string", default: "1" },
    mode: { type: "string" },
    scenario: { type: "string" },
    tries: { type: "string", default: "300" },
    trace: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function* scenarios(): Generator<Scenario> {
  if (given.scenario !== undefined) yield parseScenario(readFileSync(given.scenario, "utf8"));
  else for (let at = 0; at < Number(given.seeds); at++) yield scenarioOf(Number(given.from) + at, given.mode);
}

async function main(): Promise<void> {
  const counts: Counts = new Map();
  const trace = given.trace ? (what: string) => void process.stdout.write(`${what}\n`) : undefined;
  let run = 0;
  let failing = 0;
  for (const scenario of scenarios()) {
    run++;
    const failures = await runScenario(scenario, counts, trace);
    if (failures.length === 0) continue;
    failing++;
    const smallest = given.shrink ? await shrinkFailing(scenario, failures, Number(given.tries)) : scenario;
    const told = smallest === scenario ? failures : await runScenario(smallest);
    process.stdout.write(`${describeFailure(smallest, told, given.mode)}\n`);
  }
  const counted = [...counts].sort().map(([what, count]) => `${what} ${count}`);
  process.stdout.write(`${failing} of ${run} scenarios fail; ${counted.join(", ")}\n`);
  process.exitCode = failing > 0 ? 1 : 0;
}

if (given.help) process.stdout.write(USAGE);
else await main();
