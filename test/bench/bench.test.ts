import { describe, expect, it } from "vitest";
import { formatTable } from "../../bench/format-table.js";
import type { subjects as Subjects } from "../../bench/subjects.js";
// @ts-expect-error -- a script without types
import { compileBench } from "../../scripts/compile-bench.mjs";

// Compiled once: dozens of processes would each load TypeScript otherwise.
const { subjects } = (await import(`${(compileBench as () => string)()}/subjects.js`)) as { subjects: typeof Subjects };

// No figure is asserted: only that each benchmark still works.
describe("benchmarks", () => {
  it.each(Object.entries(subjects))("%s gives figures", { timeout: 60_000 }, async (_name, bench) => {
    const tables = await bench({ size: "tiny", seed: 1 });
    const rows = tables.flatMap((table) => table.rows);
    expect(rows.length).toBeGreaterThan(0);
    for (const { name, median, low, high } of rows) {
      for (const value of [median, low, high])
        expect({ name, isFigure: Number.isFinite(value) && value > 0 }).toEqual({ name, isFigure: true });
    }
    for (const table of tables) expect(formatTable(table)).toContain(table.title);
  });
});
