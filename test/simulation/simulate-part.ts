import { scenarioOf } from "./generate-scenario.js";
import { type Counts, runScenario } from "./run-scenario.js";
import { describeFailure, shrinkFailing } from "./run-seeds.js";

/** What has to come up in many runs, so that runs that have become too tame do not pass for a proof. */
const mustHappen = [
  "create",
  "update",
  "slice",
  "trim",
  "purge",
  "restart",
  "crash at a commit",
  "restart of a proxy",
  "pause",
  "database away",
  "a server joins",
  "a server leaves",
  "move",
  "disable",
  "enable",
  "backup",
  "restore",
  "row CREATE",
  "row PARTIAL",
  "row FULL",
  "row UPDATE",
  "row REGISTER",
  "row DELETE",
  "command FullLoad",
  "command SyncLoad",
  "command PartialLoad",
  "command UnregisterEntities",
  "repeated SyncLoad",
  "repeated: StaleCommand",
  "edge: EpochChanged",
  "edge: NotRegistered",
  "edge: SequenceTooOld",
  "edge: TopicNotInSlice",
  "edge: ClientDisabled",
];

/** Runs that are made to find the smallest scenario that fails as one did. */
const SHRINK_RUNS = 100;

/** Runs the seeds that the environment asks for, of several parts only one, so that parts can run at the same time. */
export async function simulatePart(part: number, parts: number): Promise<readonly string[]> {
  const seeds = seedsToRun().filter((_, index) => index % parts === part);
  const counts: Counts = new Map();
  for (const seed of seeds) {
    const scenario = scenarioOf(seed);
    const failures = await runScenario(scenario, counts);
    if (failures.length === 0) continue;
    const mayShrink = process.env["LIVEDIST_SIMULATION_SHRINK"] !== "no";
    const smallest = mayShrink ? await shrinkFailing(scenario, failures, SHRINK_RUNS) : scenario;
    const told = smallest === scenario ? failures : await runScenario(smallest);
    throw new Error(describeFailure(smallest, told));
  }
  const told = [...counts].sort().map(([what, count]) => `${what} ${count}`);
  process.stdout.write(
    `simulation: ${seeds.length} of the seeds ${seeds[0]} to ${seeds.at(-1)} passed; ${told.join(", ")}\n`,
  );
  return seeds.length < 25 ? [] : mustHappen.filter((what) => !counts.has(what));
}

/** How long the runs of this process may take, in milliseconds. */
export function timeMsMax(): number {
  return 120_000 + seedsToRun().length * 3_000;
}

/** `LIVEDIST_SIMULATION_SEEDS=1-5000` are many, `=7` is one. */
function seedsToRun(): number[] {
  const { LIVEDIST_SIMULATION_SEEDS: seeds = "1-56" } = process.env;
  const [first, last = first] = seeds.split("-").map(Number) as [number, number | undefined];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
