import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { naiveSelects, nowMs, sliceTextArbitrary, topicsListArbitrary, updateTimeMsArbitrary } from "./slices.js";

describe("selects", () => {
  test("agrees with a naive reading of the text, with times and without", () => {
    fc.assert(
      fc.property(sliceTextArbitrary, topicsListArbitrary, updateTimeMsArbitrary, (text, topics, updateTimeMs) => {
        const slice = parseTopicsSlice(text);
        expect(slice.selects(topics)).toBe(naiveSelects(text, topics));
        expect(slice.selects(topics, { updateTime: updateTimeMs, now: nowMs })).toBe(
          naiveSelects(text, topics, updateTimeMs),
        );
        expect(slice.selectsHeld(new Set(topics), { updateTimeMs, nowMs })).toBe(
          naiveSelects(text, topics, updateTimeMs),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("compares ordinally", () => {
    expect(parseTopicsSlice("A").selects(["a"])).toBe(false);
    expect(parseTopicsSlice("ss").selects(["ß"])).toBe(false);
    expect(parseTopicsSlice("\u00e4").selects(["a\u0308"])).toBe(false);
  });

  test("reads #T as T", () => {
    expect(parseTopicsSlice("A").selects(["#A"])).toBe(true);
    expect(parseTopicsSlice("A*!B").selects(["A", "#B"])).toBe(false);
  });

  test("takes Dates and numbers, and any iterable", () => {
    const slice = parseTopicsSlice("A*TimeWindow1");
    expect(slice.selects(new Set(["A"]), { updateTime: new Date(5_000), now: 6_000 })).toBe(true);
    expect(slice.selects(new Set(["A"]), { updateTime: 5_000, now: new Date(6_001) })).toBe(false);
  });

  test.each([
    ["TimeWindow10", -10_001, false],
    ["TimeWindow10", -10_000, true],
    ["TimeWindow10", 0, true],
    ["TimeWindow10", 1, false],
    ["TimeWindow0", -1, false],
    ["TimeWindow0", 0, true],
    ["TimeWindow[01/07/2026 11:59:59]", -1_001, false],
    ["TimeWindow[01/07/2026 11:59:59]", -1_000, true],
    ["TimeWindow[01/07/2026 11:59:59]", 1_000_000, true],
  ])("%s at now%+d ms: %s", (timeWindow, offsetMs, selected) => {
    const slice = parseTopicsSlice(`A*${timeWindow}`);
    expect(slice.selects(["A"], { updateTime: nowMs + offsetMs, now: nowMs })).toBe(selected);
    expect(slice.selects(["A"])).toBe(true);
  });
});

describe("needed", () => {
  test("has a topic of every list that the slice selects, and only positive topics", () => {
    fc.assert(
      fc.property(sliceTextArbitrary, topicsListArbitrary, (text, topics) => {
        const { needed, topics: positive } = parseTopicsSlice(text);
        expect(needed.size).toBeGreaterThan(0);
        expect([...needed].every((topic) => positive.has(topic))).toBe(true);
        const others = topics.filter((topic) => !needed.has(topic));
        expect(naiveSelects(text, others)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["A", ["A"]],
    ["A+B", ["A", "B"]],
    ["A+A", ["A"]],
    ["A*B", ["A"]],
    ["(A+B)*C", ["C"]],
    ["C*(A+B)", ["C"]],
    ["A*B+C", ["A", "C"]],
    ["A*!V+C*TimeWindow1", ["A", "C"]],
    ["A+B+C*(D+E)", ["D", "E"]],
    ["(A+B)*!V*(C+D)", ["A", "B"]],
  ])("of %s is %j", (text, needed) => {
    expect([...parseTopicsSlice(text).needed]).toEqual(needed);
  });
});

describe("vetoes", () => {
  test.each([
    ["A*!V+C", ["C", "V"], false],
    ["A*!V+C", ["A", "V"], true],
    ["A*!V+C", ["V"], true],
    ["A*!V+C", ["A"], false],
    ["A*!V+C", ["B"], false],
    ["A*!V+C", ["A", "#V"], true],
    ["A*!V+C", ["V", "#C"], false],
    ["A+V*!V", ["A", "V"], true],
    ["(A)*!not-site-X+site-X", ["A", "#not-site-X"], true],
    ["(A)*!not-site-X+site-X", ["#site-X", "#not-site-X"], false],
    ["A", ["V"], false],
  ])("%s and %j: %s", (text, topicsList, vetoed) => {
    expect(parseTopicsSlice(text).vetoes(topicsList)).toBe(vetoed);
  });

  test("exactly what names an excluded topic and is not selected", () => {
    fc.assert(
      fc.property(sliceTextArbitrary, topicsListArbitrary, (text, topics) => {
        const excluded = Array.from(text.matchAll(/!\s*([^*+!()\s]+)/g), ([, topic]) => topic!);
        const vetoed = topics.some((topic) => excluded.includes(topic)) && !naiveSelects(text, topics);
        const slice = parseTopicsSlice(text);
        expect([...slice.excludedTopics].sort()).toEqual([...new Set(excluded)].sort());
        expect(slice.vetoes(topics)).toBe(vetoed);
        expect(slice.vetoes(topics.map((topic) => `#${topic}`))).toBe(vetoed);
        expect(slice.vetoesHeld(new Set(topics))).toBe(vetoed);
      }),
      { numRuns: 500 },
    );
  });
});
