import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions } from "../../src/delta/version.js";
import { HybridClock } from "../../src/entities/hybrid-clock.js";

describe("HybridClock", () => {
  it("follows the time and counts where it stands still", () => {
    const clock = new HybridClock("paris");
    expect(clock.tick(10)).toEqual({ timeMs: 10, counter: 0, site: "paris" });
    expect(clock.tick(10.9)).toEqual({ timeMs: 10, counter: 1, site: "paris" });
    expect(clock.tick(11)).toEqual({ timeMs: 11, counter: 0, site: "paris" });
  });

  it("goes on from a version of another site that is ahead", () => {
    const clock = new HybridClock("paris");
    expect(clock.tick(10, { timeMs: 50, counter: 3, site: "zurich" })).toEqual({
      timeMs: 50,
      counter: 4,
      site: "paris",
    });
    expect(clock.tick(20)).toEqual({ timeMs: 50, counter: 5, site: "paris" });
  });

  it("goes on with the next millisecond where another site has counted as far as a version can be written", () => {
    const clock = new HybridClock("paris");
    const seen = { timeMs: 50, counter: Number.MAX_SAFE_INTEGER, site: "zurich" };
    expect(clock.tick(10, seen)).toEqual({ timeMs: 51, counter: 0, site: "paris" });
    expect(clock.tick(10)).toEqual({ timeMs: 51, counter: 1, site: "paris" });
  });

  it("always gives a version that is newer than those given and seen, whatever the time does", () => {
    const step = fc.record({
      nowMs: fc.integer({ min: -5, max: 20 }),
      seen: fc.option(fc.record({ timeMs: fc.nat(30), counter: fc.nat(3), site: fc.constantFrom("a", "m", "z") }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const clock = new HybridClock("m");
        let last = clock.last;
        for (const { nowMs, seen } of steps) {
          const version = clock.tick(nowMs, seen);
          expect(compareVersions(version, last)).toBeGreaterThan(0);
          if (seen) expect(compareVersions(version, seen)).toBeGreaterThan(0);
          last = version;
        }
      }),
    );
  });
});
