import { expect, test } from "vitest";
import { occurrences, runPlanted } from "../../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

// That the same tests pass without a bug is what they say themselves.
test.each(plantedBugs)("$rule: $name, which its test notices", { timeout: 240_000 }, async (bug) => {
  expect(occurrences(bug)).toBe(1);
  const { code, output } = await runPlanted("test/site/servers/planted.config.ts", bug.name, {});
  expect(output).toMatch(new RegExp(`FAIL .*${bug.rule}[:,] `));
  expect(code).toBe(1);
});
