import { describe, expect, it } from "vitest";
import { PROXY_TOPICS_MAX } from "../../../src/base/limits.js";
import { HeldTopics } from "../../../src/site/proxy/held-topics.js";
import { everything } from "../../../src/topics/everything.js";
import { parseTopicsSlice } from "../../../src/topics/topics-slice.js";

const missing = (topics: HeldTopics, slice: string): string[] => topics.missing(parseTopicsSlice(slice));

describe("the topics that a proxy holds", () => {
  it("R69: a slice needs only positive topics that it cannot do without", () => {
    const topics = new HeldTopics(["A"]);
    topics.holdAll(1);
    for (const slice of ["A", "A*W", "A*!V", "W*A", "A*W*X*!Y", "W*(A+A*Z)"])
      expect(missing(topics, slice)).toEqual([]);
    expect(missing(topics, "A+B")).toEqual(["B"]);
    expect(missing(topics, "B*!A")).toEqual(["B"]);
  });

  it("R69: everything cannot be had of a proxy that receives by topics, and all of one that receives everything", () => {
    const all = new HeldTopics(undefined);
    expect(all.missing(everything)).toEqual([]);
    expect(missing(all, "A+B")).toEqual([]);
    expect(all.sliceText()).toBe("*");
    const some = new HeldTopics(["A"]);
    expect(() => some.missing(everything)).toThrow(expect.objectContaining({ code: "Request" }) as Error);
  });

  it("R71: a slice can be served since the newest of the topics that it needs", () => {
    const topics = new HeldTopics(["A"]);
    expect(topics.since(parseTopicsSlice("A"))).toBe(Infinity);
    topics.holdAll(5);
    topics.hold(["B"], 9, 0);
    topics.hold(["A", "B"], 12, 0);
    expect(["A", "A*B", "A+B", "B"].map((slice) => topics.since(parseTopicsSlice(slice)))).toEqual([5, 5, 9, 9]);
  });

  it("R75: topics that nobody needs go, but not the fixed ones", () => {
    const topics = new HeldTopics(["A"]);
    topics.hold(["B", "C", "D"], 1, 1_000);
    topics.use(parseTopicsSlice("C*W"), 5_000);
    topics.use(parseTopicsSlice("W*D"), 5_000);
    expect(topics.takeUnused(2_000)).toEqual(["B"]);
    expect(topics.sliceText(["X"])).toBe("A+C+D+X");
    expect(topics.takeUnused(9_000)).toEqual(["C", "D"]);
  });

  it("asks for nothing where nobody needs anything", () => {
    const slice = parseTopicsSlice(new HeldTopics([]).sliceText());
    for (const list of [[], ["nothing"], ["A"]]) expect(slice.selects(list)).toBe(false);
  });

  it("has a limit", () => {
    const topics = new HeldTopics([]);
    topics.hold(
      Array.from({ length: PROXY_TOPICS_MAX }, (_, at) => `T${at}`),
      1,
      0,
    );
    expect(() => topics.checkRoom(1)).toThrow(expect.objectContaining({ code: "Limit" }) as Error);
    expect(() => topics.checkRoom(0)).not.toThrow();
  });
});
