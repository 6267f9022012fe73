import { expect, test } from "vitest";
import { occurrences, runPlanted } from "../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

// That the same scenarios pass without a bug is what regressions.test.ts says.
test.each(plantedBugs)("$name: the oracle notices it ($rule)", { timeout: 240_000 }, async (bug) => {
  expect(occurrences(bug)).toBe(1);
  const { code, output } = await runPlanted("test/simulation/planted.config.ts", bug.name, {});
  expect(output).toMatch(new RegExp(`FAIL .*> '?${bug.rule}: `));
  expect(code).toBe(1);
});
