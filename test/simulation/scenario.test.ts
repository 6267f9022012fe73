import { expect, test } from "vitest";
import { scenarioOf } from "./generate-scenario.js";
import { formatScenario, parseScenario } from "./scenario-text.js";
import { operationKinds, type Scenario } from "./scenario.js";
import { shrink } from "./shrink.js";

const seeds = Array.from({ length: 200 }, (_, at) => at + 1);

test("a scenario that was written as text is the same when it is read", () => {
  for (const seed of seeds) {
    const scenario = scenarioOf(seed);
    expect(parseScenario(`# told by somebody\n  ${formatScenario(scenario).replaceAll("\n", "\n  ")}`)).toEqual(
      scenario,
    );
  }
});

test("the same seed gives the same scenario, and all kinds of operations come up", () => {
  expect(scenarioOf(7)).toEqual(scenarioOf(7));
  const kinds = seeds.flatMap((seed) => scenarioOf(seed).operations.map(({ kind }) => kind));
  for (const kind of operationKinds) expect(kinds).toContain(kind);
});

test("trees are deep and wide", () => {
  const all = seeds.map((seed) => scenarioOf(seed));
  expect(Math.max(...all.map(({ sites }) => sites.length))).toBe(12);
  expect(Math.min(...all.map(({ sites }) => sites.length))).toBe(2);
  expect(Math.max(...all.map(depthOf))).toBe(4);
});

test("what does not matter is left out of a scenario that fails", async () => {
  const scenario = all12Sites();
  const creates = scenario.operations.filter(({ kind }) => kind === "create").length;
  expect(creates).toBeGreaterThan(2);
  const fails = ({ operations }: Scenario): Promise<boolean> =>
    Promise.resolve(operations.filter(({ kind }) => kind === "create").length >= 2);
  const smallest = await shrink(scenario, fails, 1_000);
  expect(smallest.operations.map(({ kind }) => kind)).toEqual(["create", "create"]);
  expect(smallest.edges).toEqual([]);
  expect(smallest.sites.every(({ skewMs }) => skewMs === 0)).toBe(true);
  expect(Object.values(smallest.faults)).toEqual([0, 0, 0, 0, 0]);
  // Two creates need at most two sites, and the way to the root.
  expect(smallest.sites.length).toBeLessThanOrEqual(7);
});

function depthOf({ sites }: Scenario): number {
  const depths = new Map<string | undefined, number>();
  for (const { name, father } of sites) depths.set(name, (depths.get(father) ?? 0) + 1);
  return Math.max(...depths.values());
}

function all12Sites(): Scenario {
  return seeds.map((seed) => scenarioOf(seed)).find(({ sites }) => sites.length === 12)!;
}
