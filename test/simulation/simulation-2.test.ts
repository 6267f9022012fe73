import { expect, test } from "vitest";
import { simulatePart, timeMsMax } from "./simulate-part.js";

// Whole trees of sites from seeds (run-scenario.ts). More of them: npm run simulate -- --seeds 5000; one, told step by step:
// npm run simulate -- --from 7 --trace
test("trees of sites come to rest, and all hold the same (part 2 of 2)", { timeout: timeMsMax() }, async () => {
  expect(await simulatePart(1, 2)).toEqual([]);
});
