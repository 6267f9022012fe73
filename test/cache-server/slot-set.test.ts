import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotSet } from "../../src/cache-server/slot-set.js";

function listOf(set: SlotSet): number[] {
  const list: number[] = [];
  set.forEach((slot) => list.push(slot));
  return list;
}

describe("SlotSet", () => {
  it("does what a Set does, and gives its slots in their order", () => {
    const slots = fc.array(fc.oneof(fc.nat({ max: 70 }), fc.nat({ max: 5000 })), { maxLength: 300, size: "max" });
    fc.assert(
      fc.property(slots, fc.nat({ max: 3000 }), fc.nat({ max: 6000 }), (all, end, from) => {
        const set = new SlotSet(end);
        for (const slot of all) set.add(slot);
        const model = [...new Set(all)].sort((a, b) => a - b);
        expect(listOf(set)).toEqual(model);
        expect(set.count).toBe(model.length);
        expect(set.has(from)).toBe(model.includes(from));
        expect(set.next(from)).toBe(model.find((slot) => slot >= from) ?? -1);
      }),
      { numRuns: 500 },
    );
  });

  it("has both ends of its words", () => {
    const slots = [0, 31, 32, 63, 1023, 1024, 2 ** 27 - 1];
    expect(listOf(SlotSet.of(slots))).toEqual(slots);
    expect(listOf(SlotSet.of([]))).toEqual([]);
  });
});
