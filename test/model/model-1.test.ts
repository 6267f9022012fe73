import { expect, test } from "vitest";
import { runSeeds, timeMsMax } from "./run-seeds.js";

test("each copy is what the oracle says, whatever happens (part 1 of 2)", { timeout: timeMsMax() }, async () => {
  expect((await runSeeds(0, 2)).missing).toEqual([]);
});
