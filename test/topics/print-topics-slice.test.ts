import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  absoluteTimeWindow,
  chain,
  type Expression,
  not,
  relativeTimeWindow,
  step,
  topic,
} from "../../src/topics/expression.js";
import { formatTopicsSliceTree } from "../../src/topics/format-topics-slice-tree.js";
import { printTopicsSlice } from "../../src/topics/print-topics-slice.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { sliceTextArbitrary, topicArbitrary } from "./slices.js";

const restriction = fc.oneof(
  topicArbitrary.map(not),
  fc.integer({ min: 0, max: 9_999_999_999 }).map(relativeTimeWindow),
  fc
    .integer({ min: Date.parse("0000-01-01T00:00:00Z") / 1000, max: Date.parse("9999-12-31T23:59:59Z") / 1000 })
    .map((seconds) => absoluteTimeWindow(seconds * 1000)),
);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const operand = fc.oneof({ depthSize: "small" }, topicArbitrary.map(topic), tie("expression"));
  const steps = fc.oneof(
    operand.map((node) => step("+", node)),
    fc.oneof(operand, restriction).map((node) => step("*", node)),
  );
  return { expression: fc.tuple(operand, fc.array(steps, { maxLength: 5 })).map(([head, rest]) => chain(head, rest)) };
});

describe("printTopicsSlice", () => {
  test("prints what parses to the same expression", () => {
    fc.assert(
      fc.property(expression, (node) => {
        expect(parseTopicsSlice(printTopicsSlice(node)).expression).toEqual(node);
      }),
      { numRuns: 300 },
    );
  });

  test("prints one text for all that differ in white space and needless parentheses", () => {
    fc.assert(
      fc.property(sliceTextArbitrary, (text) => {
        const slice = parseTopicsSlice(text);
        const printed = printTopicsSlice(slice.expression);
        expect(printed.length).toBeLessThanOrEqual(text.length);
        expect(parseTopicsSlice(printed).expression).toEqual(slice.expression);
      }),
    );
  });

  test("prints the guide's example as it is", () => {
    const text = "(T2+T3*(T4+T5))*!T1*TimeWindow3600*TimeWindow[31/12/2005 14:59:00]";
    expect(printTopicsSlice(parseTopicsSlice(` ${text.replaceAll("*", " * ")} `).expression)).toBe(text);
  });
});

describe("formatTopicsSliceTree", () => {
  test("indents what stands in parentheses", () => {
    const slice = parseTopicsSlice("(T2+T3*(T4+T5))*!T1*TimeWindow60*TimeWindow[31/12/2005 14:59:00]");
    expect(formatTopicsSliceTree(slice).split("\n")).toEqual([
      "group",
      "  T2",
      "  or T3",
      "  and group",
      "    T4",
      "    or T5",
      "and not T1",
      "and updated in the last 60 seconds",
      "and updated since 2005-12-31T14:59:00.000Z",
    ]);
    expect(formatTopicsSliceTree(parseTopicsSlice("A"))).toBe("A");
  });
});
