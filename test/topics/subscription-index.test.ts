import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SubscriptionIndex } from "../../src/topics/subscription-index.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { naiveSelects, sliceTextArbitrary, topicsListArbitrary } from "./slices.js";

const subscriptions = fc.array(fc.tuple(sliceTextArbitrary, fc.boolean()), { maxLength: 20 });

describe("SubscriptionIndex", () => {
  test("misses no match, and forgets what was removed", () => {
    fc.assert(
      fc.property(subscriptions, topicsListArbitrary, topicsListArbitrary, (entries, topics, oldTopics) => {
        const index = new SubscriptionIndex<number>();
        const slices = entries.map(([text]) => parseTopicsSlice(text));
        slices.forEach((slice, subscriber) => index.add(slice, subscriber));
        slices.forEach((slice, subscriber) => {
          if (entries[subscriber]![1]) index.remove(slice, subscriber);
        });
        const candidates = index.candidates(topics, oldTopics);
        entries.forEach(([text, isRemoved], subscriber) => {
          if (isRemoved) expect(candidates.has(subscriber)).toBe(false);
          else if (naiveSelects(text, topics) || naiveSelects(text, oldTopics))
            expect(candidates.has(subscriber)).toBe(true);
        });
        slices.forEach((slice, subscriber) => {
          if (!entries[subscriber]![1]) index.remove(slice, subscriber);
        });
        expect(index.topicsCount).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("gives only those that may match, each once", () => {
    const index = new SubscriptionIndex<string>();
    for (let other = 0; other < 1_000; other++) index.add(parseTopicsSlice(`T${other}*A`), `other ${other}`);
    index.add(parseTopicsSlice("A+B"), "ab");
    index.add(parseTopicsSlice("B*!A"), "b");
    expect([...index.candidates(["A", "B"], ["B"])]).toEqual(["ab", "b"]);
    expect([...index.candidates(["A", "T7"])]).toEqual(["ab", "other 7"]);
    expect([...index.candidates(["C"])]).toEqual([]);
    expect([...index.candidates()]).toEqual([]);
  });

  test("reads #T as T", () => {
    const index = new SubscriptionIndex<string>();
    index.add(parseTopicsSlice("site-X"), "x");
    expect([...index.candidates(["#site-X"])]).toEqual(["x"]);
  });

  test("keeps a subscriber that changes from one slice to another with the same topics", () => {
    const index = new SubscriptionIndex<string>();
    const [before, after] = [parseTopicsSlice("A+B"), parseTopicsSlice("B+C")];
    index.add(before, "s");
    index.add(after, "s");
    index.remove(before, "s");
    expect([...index.candidates(["A"])]).toEqual([]);
    expect([...index.candidates(["B"])]).toEqual(["s"]);
    index.remove(after, "s");
    expect(index.topicsCount).toBe(0);
  });

  test("stops at a removal of what was never added", () => {
    const index = new SubscriptionIndex<string>();
    index.add(parseTopicsSlice("A"), "s");
    expect(() => index.remove(parseTopicsSlice("A"), "t")).toThrow("assertion failed");
    expect(() => index.remove(parseTopicsSlice("B"), "s")).toThrow("assertion failed");
  });
});
