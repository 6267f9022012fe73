import { expect, test } from "vitest";
import { simulatePart, timeMsMax } from "./simulate-part.js";

// Whole trees of sites, of one server or several, from seeds (run-scenario.ts). More of them: npm run simulate -- --seeds 5000; one, told step by step:
// npm run simulate -- --from 7 --trace
test(
  "R79, R80, R81, R82, R85, R86: trees of sites come to rest, and all hold the same, part 1 of 2",
  { timeout: timeMsMax() },
  async () => {
    expect(await simulatePart(0, 2)).toEqual([]);
  },
);
