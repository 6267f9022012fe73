import { expect, test } from "vitest";
import { runSeeds, timeMsMax } from "./run-seeds.js";

// Whole systems from seeds (run-model.ts). More of them: LIVEDIST_MODEL_SEEDS=1-5000 npx vitest run test/model/model-; one of them,
// told step by step: LIVEDIST_MODEL_SEED=7 npx vitest run test/model/model-
test("each copy is what the oracle says, whatever happens (part 2 of 2)", { timeout: timeMsMax() }, async () => {
  expect((await runSeeds(1, 2)).missing).toEqual([]);
});
