import { describe, expect, it } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import { TABLE_ENTRIES_MAX } from "../../src/base/limits.js";
import { NumberPool } from "../../src/base/number-pool.js";

describe("NumberPool", () => {
  it("gives dense numbers, and those given back before new ones", () => {
    const pool = new NumberPool();
    expect([pool.take(), pool.take(), pool.take()]).toEqual([0, 1, 2]);
    pool.give(1);
    pool.give(0);
    expect([pool.count, pool.end]).toEqual([1, 3]);
    expect([pool.take(), pool.take(), pool.take()].sort()).toEqual([0, 1, 3]);
    expect([pool.count, pool.end]).toEqual([4, 4]);
  });

  it("has room for as many numbers as the limit says, those in use included", () => {
    const pool = new NumberPool();
    pool.requireRoom(TABLE_ENTRIES_MAX);
    pool.take();
    pool.requireRoom(TABLE_ENTRIES_MAX - 1);
    let error: unknown;
    try {
      pool.requireRoom(TABLE_ENTRIES_MAX);
    } catch (thrown) {
      error = thrown;
    }
    expect(codeOf(error)).toBe("Limit");
  });
});
