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
  "command FullLoad",
  "command SyncLoad",
  "command PartialLoad",
  "command UnregisterEntities",
  "hand: NotRegistered",
  "hand: SequenceTooOld",
  "hand: StaleCommand",
  "hand: ClientDisabled",
  "client restart",
  "own write",
  "refused",
  "registered FULL alone",
  "registered PARTIAL",
  "registered DELETE",
  "repeated: StaleCommand",
  "slice changed",
  "checks none",
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
      await runModel(seed, counts, seeds.length === 1 ? tell : undefined);
    } catch (error) {
      const replay = `LIVEDIST_MODEL_SEED=${seed} npx vitest run test/model/model-`;
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

function tell(what: string): void {
  process.stdout.write(`${what}\n`);
}

/** How long the runs of this process may take, in milliseconds. */
export function timeMsMax(seeds?: string): number {
  return 60_000 + seedsToRun(seeds).length * 3_000;
}

/** `LIVEDIST_MODEL_SEED=7` is one seed, told step by step; `LIVEDIST_MODEL_SEEDS=1-5000` are many. */
export function seedsToRun(byDefault = "1-200"): number[] {
  const { LIVEDIST_MODEL_SEED: only, LIVEDIST_MODEL_SEEDS: seeds = byDefault } = process.env;
  const [first, last] = (only ?? seeds).split("-").map(Number) as [number, number | undefined];
  return Array.from({ length: (last ?? first) - first + 1 }, (_, index) => first + index);
}
