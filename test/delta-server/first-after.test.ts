import fc from "fast-check";
import { expect, it } from "vitest";
import { firstAfter } from "../../src/delta-server/log-window.js";

it("finds the first row after any sequence, as looking at each does", () => {
  const anyRows = fc.uniqueArray(fc.nat({ max: 100 }), { maxLength: 60 }).map((sequences) => {
    return sequences.sort((a, b) => a - b).map((sequence) => ({ sequence }));
  });
  fc.assert(
    fc.property(anyRows, fc.integer({ min: -1, max: 101 }), (rows, sequence) => {
      const found = rows.findIndex((row) => row.sequence > sequence);
      expect(firstAfter(rows, sequence)).toBe(found < 0 ? rows.length : found);
    }),
    { numRuns: 1_000 },
  );
});
