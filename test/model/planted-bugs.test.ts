import { expect, test } from "vitest";
import { occurrences, runPlanted } from "../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

/** Every second seed is run (model-1.test.ts); the run ends with the first that fails. */
const SEEDS = 80;
/** The last seed with which a bug was noticed. */
let lastSeed = 1;
const TIMES = { timeout: 240_000 };

function run(bug: string, runs: number): ReturnType<typeof runPlanted> {
  const environment = { LIVEDIST_MODEL_SEEDS: `1-${runs}`, LIVEDIST_MODEL_SEED: undefined };
  return runPlanted("test/model/planted.config.ts", bug, environment);
}

test.each(plantedBugs)("$name: the model notices it", TIMES, async (bug) => {
  expect(occurrences(bug)).toBe(1);
  const { code, output } = await run(bug.name, SEEDS);
  const seed = /seed (\d+): /.exec(output)?.[1];
  expect(seed).toBeDefined();
  expect(code).toBe(1);
  lastSeed = Math.max(lastSeed, Number(seed));
});

test("without a bug the runs that noticed one pass", TIMES, async () => {
  const { code, output } = await run("", lastSeed);
  expect(output).toContain(`of the seeds 1 to ${lastSeed} passed`);
  expect(code).toBe(0);
});
