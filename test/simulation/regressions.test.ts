import { expect, test } from "vitest";
import { scenarioOf } from "./generate-scenario.js";
import { regressions } from "./regressions.js";
import { runScenario } from "./run-scenario.js";
import { parseScenario } from "./scenario-text.js";

test.each(regressions)("$rule", async ({ scenario }) => {
  expect(await runScenario(parseScenario(scenario))).toEqual([]);
});

test("a scenario runs the same way each time, to the step", async () => {
  const trace = async (): Promise<string[]> => {
    const told: string[] = [];
    await runScenario(scenarioOf(8), undefined, (what) => void told.push(what));
    return told;
  };
  const first = await trace();
  expect(first.length).toBeGreaterThan(200);
  expect(await trace()).toEqual(first);
});
