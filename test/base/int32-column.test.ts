import { describe, expect, it } from "vitest";
import { Int32Column } from "../../src/base/int32-column.js";

describe("Int32Column", () => {
  it("keeps its entries while it grows over several pages, and has 0 where none was set", () => {
    const column = new Int32Column();
    const indices = [0, 1, 255, 256, 300, 5000, 262_143, 262_144, 262_145, 524_287, 524_288, 1_000_000];
    for (const index of indices) {
      column.reserve(index + 1);
      expect(column.get(index)).toBe(0);
      column.set(index, -index - 1);
      for (const other of indices.filter((other) => other <= index)) expect(column.get(other)).toBe(-other - 1);
    }
    expect(column.get(999_999)).toBe(0);
    expect(column.heldBytes).toBe(column.length * 4);
  });

  it("takes little while it is small, and never more than a page too much", () => {
    const column = new Int32Column();
    expect(column.heldBytes).toBe(0);
    column.reserve(1);
    expect(column.heldBytes).toBe(1024);
    column.reserve(1000);
    expect(column.heldBytes).toBe(4096);
    column.reserve(3_000_000);
    expect(column.length).toBeGreaterThanOrEqual(3_000_000);
    expect(column.length).toBeLessThan(3_000_000 + 262_144);
    column.reserve(10);
    expect(column.length).toBeGreaterThanOrEqual(3_000_000);
  });
});
