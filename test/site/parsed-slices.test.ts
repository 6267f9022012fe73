import { describe, expect, it } from "vitest";
import { TopicsSliceError } from "../../src/base/errors.js";
import { ParsedSlices } from "../../src/site/parsed-slices.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";

describe("ParsedSlices", () => {
  it("gives the same slice for the same text, and parses any other", () => {
    const slices = new ParsedSlices(parseTopicsSlice);
    const slice = slices.parse("A*!B");
    expect(slice.selects(["A"])).toBe(true);
    expect(slices.parse("A*!B")).toBe(slice);
    expect(slices.parse("A*B").selects(["A"])).toBe(false);
  });

  it("refuses what is none, each time", () => {
    const slices = new ParsedSlices(parseTopicsSlice);
    for (let time = 0; time < 2; time++) expect(() => slices.parse("A*")).toThrow(TopicsSliceError);
    expect(slices.count).toBe(0);
  });

  it("keeps no more characters than its limit, the newest slices", () => {
    const slices = new ParsedSlices(parseTopicsSlice, 1_000);
    const texts = Array.from({ length: 30 }, (_, index) => `T${index}`);
    for (const text of texts) slices.parse(text);
    expect(slices.count).toBe(10);
    const newest = slices.parse("T29");
    const long = slices.parse(texts.join("+").padEnd(901));
    expect(long.topics.size).toBe(30);
    expect(slices.count).toBe(1);
    expect(slices.parse("T29")).not.toBe(newest);
    slices.parse("A".padEnd(1_001));
    expect(slices.count).toBe(0);
  });
});
