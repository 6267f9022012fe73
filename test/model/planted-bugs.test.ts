import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type PlantedBug, plantedBugs } from "./planted-bugs.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Every second seed is run (model-1.test.ts); the run ends with the first that fails. */
const SEEDS = 80;
/** The last seed with which a bug was noticed. */
let lastSeed = 1;
const TIMES = { timeout: 240_000 };

/** Runs the model in a process of its own; gives its output and how it ended. */
function runPlanted(bug: string, runs: number): Promise<{ code: number | string; output: string }> {
  const args = [
    fileURLToPath(new URL("node_modules/vitest/vitest.mjs", `file://${root}`)),
    "run",
    "--config",
    "test/model/planted.config.ts",
  ];
  const env = {
    ...process.env,
    LIVEDIST_PLANTED_BUG: bug,
    LIVEDIST_MODEL_SEEDS: `1-${runs}`,
    VITEST: undefined,
    VITEST_POOL_ID: undefined,
    NO_COLOR: "1",
  };
  delete (env as NodeJS.ProcessEnv)["LIVEDIST_MODEL_SEED"];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env, maxBuffer: 64 * 1024 * 1024, timeout: 200_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? "killed"), output: stdout + stderr });
      },
    );
  });
}

function occurrences({ file, find }: PlantedBug): number {
  return readFileSync(`${root}src/${file}`, "utf8").split(find).length - 1;
}

test.each(plantedBugs)("$name: the model notices it", TIMES, async (bug) => {
  expect(occurrences(bug)).toBe(1);
  const { code, output } = await runPlanted(bug.name, SEEDS);
  const seed = /seed (\d+): /.exec(output)?.[1];
  expect(seed).toBeDefined();
  expect(code).toBe(1);
  lastSeed = Math.max(lastSeed, Number(seed));
});

test("without a bug the runs that noticed one pass", TIMES, async () => {
  const { code, output } = await runPlanted("", lastSeed);
  expect(output).toContain(`of the seeds 1 to ${lastSeed} passed`);
  expect(code).toBe(0);
});
