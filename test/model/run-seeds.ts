import { type Counts, runModel } from "./run-model.js";

/** What has to come up in many runs, so that a run that has become too tame does not pass for a proof. */
const mustHappen = [
  "restart",
  "trim",
  "new epoch",
  "start again",
  "change slice",
  "Network",
  "SequenceTooOld",
  "EpochChanged",
  "enter FULL",
  "leave leaves",
  "update UPDATE",
  "update PARTIAL",
];

/** Runs the seeds that the environment asks for, of several parts only one, so that parts can run at the same time. */
export async function runSeeds(
  part: number,
  parts: number,
): Promise<{ seeds: readonly number[]; missing: readonly string[] }> {
  const seeds = seedsToRun().filter((_, index) => index % parts === part);
  const counts: Counts = new Map();
  for (const seed of seeds) {
    try {
      await runModel(seed, counts);
    } catch (error) {
      const replay = `LIVEDIST_MODEL_SEED=${seed} npx vitest run test/model/model`;
      throw new Error(`seed ${seed}: ${(error as Error).message}\nreplay: ${replay}`, { cause: error });
    }
  }
  const told = [...counts].sort().map(([what, count]) => `${what} ${count}`);
  if (seeds.length > 0)
    process.stdout.write(
      `model: ${seeds.length} of the seeds ${seeds[0]} to ${seeds.at(-1)} passed; ${told.join(", ")}\n`,
    );
  return { seeds, missing: seeds.length < 50 ? [] : mustHappen.filter((what) => !counts.has(what)) };
}

/** How long the runs of this process may take, in milliseconds. */
export function timeMsMax(): number {
  return 60_000 + seedsToRun().length * 2_000;
}

function seedsToRun(): number[] {
  const {
    LIVEDIST_MODEL_SEED: only,
    LIVEDIST_MODEL_FIRST_SEED: first = "1",
    LIVEDIST_MODEL_RUNS: runs = "300",
  } = process.env;
  if (only !== undefined) return [Number(only)];
  return Array.from({ length: Number(runs) }, (_, index) => Number(first) + index);
}
