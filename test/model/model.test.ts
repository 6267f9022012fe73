import { expect, test } from "vitest";
import { type Counts, runModel } from "./run-model.js";

const only = process.env["LIVEDIST_MODEL_SEED"];
const first = only === undefined ? Number(process.env["LIVEDIST_MODEL_FIRST_SEED"] ?? 1) : Number(only);
const runs = only === undefined ? Number(process.env["LIVEDIST_MODEL_RUNS"] ?? 300) : 1;

test(`seeds ${first} to ${first + runs - 1}: each copy is what the oracle says`, { timeout: 60_000 + runs * 2_000 }, async () => {
  const counts: Counts = new Map();
  for (let seed = first; seed < first + runs; seed++) {
    try {
      await runModel(seed, counts);
    } catch (error) {
      const replay = `LIVEDIST_MODEL_SEED=${seed} npx vitest run test/model/model.test.ts`;
      throw new Error(`seed ${seed}: ${(error as Error).message}\nreplay: ${replay}`, { cause: error });
    }
  }
  process.stdout.write(`model: seeds ${first} to ${first + runs - 1}; ${[...counts].sort().map(([what, count]) => `${what} ${count}`).join(", ")}\n`);
  expect(counts.get("checks") ?? 0).toBeGreaterThan(0);
});
