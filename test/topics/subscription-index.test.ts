import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SubscriptionIndex } from "../../src/topics/subscription-index.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { hardTopics, naiveSelects, sliceTextArbitrary, topicArbitrary } from "./slices.js";

const subscriptions = fc.array(fc.tuple(sliceTextArbitrary, fc.boolean()), { maxLength: 20 });
const topicsLists = fc.array(fc.uniqueArray(topicArbitrary, { maxLength: hardTopics.length }), { maxLength: 6 });

function expressionOf(text: string) {
  return parseTopicsSlice(text).expression;
}

function indexOf(...texts: readonly string[]): SubscriptionIndex<string> {
  const index = new SubscriptionIndex<string>();
  for (const text of texts) index.add(expressionOf(text), text);
  return index;
}

describe("SubscriptionIndex", () => {
  test("finds for one list after the other those whose slices select it, each once, and forgets what was removed", () => {
    fc.assert(
      fc.property(subscriptions, topicsLists, (entries, lists) => {
        const index = new SubscriptionIndex<number>();
        const added = entries.map(([text], subscriber) => index.add(expressionOf(text), subscriber));
        entries.forEach(([, isRemoved], subscriber) => isRemoved && index.remove(added[subscriber]!));
        for (const list of lists) {
          const expected = entries.flatMap(([text, isRemoved], subscriber) =>
            !isRemoved && naiveSelects(text, list) ? [subscriber] : [],
          );
          expect(index.subscribersTo(list).toSorted((a, b) => a - b)).toEqual(expected);
        }
        entries.forEach(([, isRemoved], subscriber) => isRemoved || index.remove(added[subscriber]!));
        expect(index.topicsCount).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test("decides the same where a list has very many of the topics that a slice needs", () => {
    const topics = Array.from({ length: 30 }, (_, at) => `T${at}`);
    const [any, each, none] = [`(${topics.join("+")})*A`, `${topics.join("*V+")}*W`, `(${topics.join("+")})*!V`];
    const index = indexOf(any, each, none);
    expect(index.subscribersTo(topics)).toEqual([none]);
    expect(index.subscribersTo([...topics, "V"])).toEqual([]);
    expect(index.subscribersTo([...topics, "V", "A"])).toEqual([any]);
    expect(index.subscribersTo([...topics, "V", "W"])).toEqual([each]);
  });

  test("goes on with a list that gets more topics", () => {
    const index = indexOf("A*B", "A*!B", "B");
    index.begin();
    index.hold("A");
    expect(index.selecting()).toEqual(["A*!B"]);
    index.hold("B");
    expect(index.selecting()).toEqual(["A*B", "B"]);
    index.begin();
    expect(index.selecting()).toEqual([]);
  });

  test("keeps a subscriber that changes from one slice to another with the same topics", () => {
    const index = new SubscriptionIndex<string>();
    const before = index.add(expressionOf("A+B"), "s");
    const after = index.add(expressionOf("B+C"), "s");
    index.remove(before);
    expect(index.subscribersTo(["A"])).toEqual([]);
    expect(index.subscribersTo(["B"])).toEqual(["s"]);
    index.remove(after);
    expect(index.topicsCount).toBe(0);
  });

  test("takes time-windows as true", () => {
    expect(indexOf("A*TimeWindow1*!B").subscribersTo(["A"])).toHaveLength(1);
  });

  test("stops where a subscription is removed a second time", () => {
    const index = new SubscriptionIndex<string>();
    const subscription = index.add(expressionOf("A"), "s");
    index.remove(subscription);
    expect(() => index.remove(subscription)).toThrow("assertion failed");
  });

  test("takes slices of as many terms and parentheses as there may be", () => {
    const long = Array.from({ length: 10_000 }, (_, at) => `T${at}*U${at}`).join("+");
    const deep = `${"(".repeat(200)}A${"*B)".repeat(200)}`;
    const index = indexOf(long, deep);
    expect(index.subscribersTo(["T9998", "U9998", "U9999"])).toEqual([long]);
    expect(index.subscribersTo(["A", "B"])).toEqual([deep]);
  });
});
