import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { halfOf, maskOf } from "../../src/registration/client-bit.js";
import { ClientSlices } from "../../src/registration/client-slices.js";
import { parseTopicsSlice, type TopicsSlice } from "../../src/topics/topics-slice.js";
import type { Facts } from "./decide-for-one.js";

/** Tells what the masks say of one client. */
function factsOf(slices: ClientSlices, bit: number, topics: readonly string[]): Facts {
  const { sel, selApp, vetoApp, vetoLoop } = slices.masks(topics)[halfOf(bit)];
  const has = (mask: number): boolean => (mask & maskOf(bit)) !== 0;
  return { sel: has(sel), selApp: has(selApp), vetoApp: has(vetoApp), vetoLoop: has(vetoLoop) };
}

/** The definitions of the protocol, over the plain lists. */
function plainFacts(slice: TopicsSlice, topics: readonly string[]): Facts {
  const app = topics.filter((topic) => !topic.startsWith("#"));
  const loop = topics.filter((topic) => topic.startsWith("#")).map((topic) => topic.slice(1));
  const sel = slice.selects([...app, ...loop]);
  const selApp = slice.selects(app);
  const excludes = (list: readonly string[]): boolean => list.some((topic) => slice.excludedTopics.has(topic));
  return { sel, selApp, vetoApp: excludes(app) && !selApp, vetoLoop: excludes(loop) && !sel };
}

const allSlices = [
  "A",
  "B",
  "A*B",
  "A+B*C",
  "A*!V",
  "A*!V+C",
  "(A+B)*!not-X+X",
  "A*!V*!W+B*!A",
  "A*TimeWindow10*!C",
].map(parseTopicsSlice);
const topics = ["A", "B", "C", "V", "W", "X", "not-X"];
const anyTopic = fc.constantFrom(...topics, ...topics.map((topic) => `#${topic}`));

describe("ClientSlices", () => {
  it("R14: says of 64 clients what the slice of each says", () => {
    const slices = fc.array(fc.constantFrom(...allSlices), { minLength: 64, maxLength: 64 });
    const lists = fc.array(fc.uniqueArray(anyTopic, { maxLength: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(slices, lists, (slices, lists) => {
        const clients = new ClientSlices();
        for (const [bit, slice] of slices.entries()) clients.set(bit, slice);
        for (const list of [...lists, ...lists]) {
          const facts = slices.map((_, bit) => factsOf(clients, bit, list));
          expect(facts).toEqual(slices.map((slice) => plainFacts(slice, list)));
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["A", ["A"], { sel: true, selApp: true }],
    ["A", ["#A"], { sel: true }],
    ["A*!V", ["A", "V"], { vetoApp: true }],
    ["A*!V", ["A", "#V"], { selApp: true, vetoLoop: true }],
    ["A*!V+C", ["C", "V"], { sel: true, selApp: true }],
    ["A*!V+C", ["V", "#C"], { sel: true, vetoApp: true }],
    ["A*!V+C", ["A", "V", "#V"], { vetoApp: true, vetoLoop: true }],
    ["A*TimeWindow10", ["A"], { sel: true, selApp: true }],
    ["A", [], {}],
  ])("R14: reads %s over %j", (text, list, facts) => {
    const slices = new ClientSlices();
    slices.set(63, parseTopicsSlice(text));
    const none = { sel: false, selApp: false, vetoApp: false, vetoLoop: false };
    expect(factsOf(slices, 63, list)).toEqual({ ...none, ...facts });
    expect(slices.masks(list)[0]).toEqual({ sel: 0, selApp: 0, vetoApp: 0, vetoLoop: 0 });
  });

  it("reads the slices that are in force, as they come and go", () => {
    const slices = new ClientSlices();
    expect(slices.masks(["A"])[0].sel).toBe(0);
    slices.set(5, parseTopicsSlice("A"));
    slices.set(31, parseTopicsSlice("A"));
    expect(slices.masks(["A"])[0].sel).toBe((1 << 31) | (1 << 5));
    slices.set(5, parseTopicsSlice("B"));
    expect(slices.masks(["A"])[0].sel).toBe(1 << 31);
    expect(slices.get(5)?.text).toBe("B");
    slices.remove(31);
    expect(slices.masks(["A"])[0].sel).toBe(0);
    expect(slices.get(31)).toBeUndefined();
  });

  it("keeps the clients of one half where those of the other go", () => {
    const slices = new ClientSlices();
    for (const bit of [0, 63]) slices.set(bit, parseTopicsSlice("A*!V"));
    slices.remove(0);
    expect(slices.masks(["A"]).map(({ sel }) => sel)).toEqual([0, 1 << 31]);
    expect(slices.masks(["V"]).map(({ vetoApp }) => vetoApp)).toEqual([0, 1 << 31]);
  });

  it("knows the vetoes of slices that do not select, also when others have gone", () => {
    const slices = new ClientSlices();
    slices.set(32, parseTopicsSlice("A*!V+C*!W"));
    expect(slices.masks(["B", "V", "#W"])[1]).toEqual({ sel: 0, selApp: 0, vetoApp: 1, vetoLoop: 1 });
    slices.set(33, parseTopicsSlice("D*!V"));
    slices.remove(32);
    expect(slices.masks(["A", "V", "#W"])[1]).toEqual({ sel: 0, selApp: 0, vetoApp: 2, vetoLoop: 0 });
  });
});
