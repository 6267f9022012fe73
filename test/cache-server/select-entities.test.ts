import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectSlots } from "../../src/cache-server/select-entities.js";
import { TopicsTable } from "../../src/cache-server/topics-table.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import type { SlotSet } from "../../src/cache-server/slot-set.js";

const topics = ["A", "B", "C", "D", "E"];
const topic = fc.constantFrom(...topics);
const restriction = fc.oneof(
  topic.map((name) => `!${name}`),
  fc.constantFrom("TimeWindow5", "TimeWindow[01/01/1970 00:00:10]"),
);
const { sliceText } = fc.letrec<{ sliceText: string }>((tie) => ({
  sliceText: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    topic,
    fc.tuple(tie("sliceText"), restriction).map(([left, right]) => `${left}*${right}`),
    fc
      .tuple(tie("sliceText"), fc.constantFrom("*", "+"), tie("sliceText"))
      .map(([a, operator, b]) => `(${a})${operator}(${b})`),
  ),
}));

function tableOf(lists: readonly (readonly string[])[]): TopicsTable {
  const table = new TopicsTable({ k0: 1, k1: 2 });
  for (const [slot, list] of lists.entries()) table.assign(slot, list);
  return table;
}

function listOf(slots: SlotSet): number[] {
  const list: number[] = [];
  slots.forEach((slot) => list.push(slot));
  expect(list.length).toBe(slots.count);
  return list;
}

describe("selectSlots", () => {
  it("gives what the slice selects entity by entity", () => {
    const lists = fc.array(fc.uniqueArray(topic, { maxLength: 4 }), { maxLength: 60, size: "max" });
    const updateTimeMsOf = (slot: number): number => 5000 + slot * 500;
    const nowMs = 20_000;
    fc.assert(
      fc.property(lists, sliceText, fc.boolean(), (all, text, timed) => {
        const slice = parseTopicsSlice(text);
        const found = selectSlots(tableOf(all), slice, timed ? { times: { nowMs, updateTimeMsOf } } : {});
        const expected = [...all.keys()].filter((slot) =>
          slice.selects(all[slot]!, timed ? { updateTime: updateTimeMsOf(slot), now: nowMs } : undefined),
        );
        expect(listOf(found)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves out what is not accepted, and asks only for what the slice selects", () => {
    const table = tableOf([["A"], ["B"], ["A", "B"], ["C"], ["A"]]);
    const asked: number[] = [];
    const accept = (slot: number): boolean => asked.push(slot) > 0 && slot !== 2;
    expect(listOf(selectSlots(table, parseTopicsSlice("A"), { accept }))).toEqual([0, 4]);
    expect(asked.sort()).toEqual([0, 2, 4]);
  });

  it("looks once at each distinct list that has a needed topic, and at no other", () => {
    const table = tableOf(Array.from({ length: 5000 }, (_, slot) => [topics[slot % 3]!, topics[3 + (slot % 2)]!]));
    const slice = parseTopicsSlice("(A+B)*(D+E+C)*TimeWindow1");
    let evaluated = 0;
    const found = selectSlots(table, {
      topics: slice.topics,
      needed: slice.needed,
      hasTimeWindow: slice.hasTimeWindow,
      selectsHeld: (held, times) => {
        evaluated++;
        return slice.selectsHeld(held, times);
      },
    });
    expect(listOf(found)).toEqual([...Array(5000).keys()].filter((slot) => slot % 3 < 2));
    expect(evaluated).toBe(4);
  });

  it("asks for the UpdateTime only where the topics serve and the slice has a time-window", () => {
    const table = tableOf([["A"], ["B"], ["A", "C"]]);
    const asked: number[] = [];
    const updateTimeMsOf = (slot: number): number => asked.push(slot);
    selectSlots(table, parseTopicsSlice("A*!C"), { times: { nowMs: 0, updateTimeMsOf } });
    expect(asked).toEqual([]);
    selectSlots(table, parseTopicsSlice("(A+B)*!C*A*TimeWindow1"), { times: { nowMs: 0, updateTimeMsOf } });
    expect(asked).toEqual([0]);
  });

  it("reads long topics-lists as short ones", () => {
    const long = Array.from({ length: 40 }, (_, index) => `T${index}`);
    const table = tableOf([long, long.slice(0, 39)]);
    expect(listOf(selectSlots(table, parseTopicsSlice("T0*T38*!T39+T77")))).toEqual([1]);
  });
});
