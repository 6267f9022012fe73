import { expect, test } from "vitest";
import { occurrences, runPlanted } from "../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

const SEEDS = 6;

test.each(plantedBugs)("$name: sites notice it", { timeout: 240_000 }, async (bug) => {
  expect(occurrences(bug)).toBe(1);
  const { code, output } = await runPlanted("test/entities/planted.config.ts", bug.name, {
    LIVEDIST_SEEDS: String(SEEDS),
    LIVEDIST_SEED: undefined,
  });
  expect(output).toContain("agree on every value and version");
  expect(output).toContain("AssertionError");
  expect(code).toBe(1);
});
