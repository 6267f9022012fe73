import { describe, expect, test } from "vitest";
import { codeOf, TopicsSliceError } from "../../src/base/errors.js";
import { TOPIC_LENGTH_MAX, TOPICS_SLICE_LENGTH_MAX, TOPICS_SLICE_TERMS_MAX } from "../../src/base/limits.js";
import { absoluteTimeWindow, chain, not, relativeTimeWindow, step, topic } from "../../src/topics/expression.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";

function errorOf(text: string): unknown {
  try {
    parseTopicsSlice(text);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("the language", () => {
  test("reads * and + from left to right, with the same precedence", () => {
    const text = "T2+T3*(T4+T5)";
    const inner = chain(topic("T4"), [step("+", topic("T5"))]);
    expect(parseTopicsSlice(text).expression).toEqual(chain(topic("T2"), [step("+", topic("T3")), step("*", inner)]));
    expect(parseTopicsSlice(text).selects(["T2"])).toBe(false);
    expect(parseTopicsSlice(text).selects(["T2", "T4"])).toBe(true);
  });

  test("reads the guide's examples", () => {
    const slice = parseTopicsSlice("(T2+T3*(T4+T5))*!T1");
    expect([...slice.topics]).toEqual(["T2", "T3", "T4", "T5"]);
    expect([...slice.excludedTopics]).toEqual(["T1"]);
    expect(slice.hasTimeWindow).toBe(false);
    expect(parseTopicsSlice("(T1+T2)*TimeWindow3600+(T3*TimeWindow120)").hasTimeWindow).toBe(true);
  });

  test("reads !T and both time-windows right of *", () => {
    expect(parseTopicsSlice("A*!B*TimeWindow0060*TimeWindow[31/12/2005 14:59:00]").expression).toEqual(
      chain(topic("A"), [
        step("*", not("B")),
        step("*", relativeTimeWindow(60)),
        step("*", absoluteTimeWindow(Date.UTC(2005, 11, 31, 14, 59))),
      ]),
    );
  });

  test("allows white space between terms and keeps the text as it was given", () => {
    const slice = parseTopicsSlice(" \n( A +B\t) * ! C\u00a0 ");
    expect(slice.text).toBe("( A +B\t) * ! C");
    expect(slice.expression).toEqual(parseTopicsSlice("(A+B)*!C").expression);
  });

  test("drops parentheses around one term and doubled ones", () => {
    expect(parseTopicsSlice("((A))*((B+C))").expression).toEqual(parseTopicsSlice("A*(B+C)").expression);
  });

  test("gives frozen plain data", () => {
    const { expression } = parseTopicsSlice("A*(B+C)*!D*TimeWindow1");
    expect(JSON.parse(JSON.stringify(expression))).toEqual(expression);
    const nodes: unknown[] = [expression];
    for (const node of nodes) {
      expect(Object.isFrozen(node)).toBe(true);
      for (const value of Object.values(node as object)) if (typeof value === "object") nodes.push(value);
    }
    expect(nodes.length).toBeGreaterThan(10);
  });

  test.each(["29/02/2024 00:00:00", "31/12/9999 23:59:59", "01/01/0000 00:00:00"])("knows the time %s", (time) => {
    expect(parseTopicsSlice(`A*TimeWindow[${time}]`).hasTimeWindow).toBe(true);
  });

  test("tells timewindow60 and time-windows apart by case", () => {
    expect([...parseTopicsSlice("timewindow60").topics]).toEqual(["timewindow60"]);
  });
});

const operand = `expected "(" or a topic here`;
const restriction = `expected "!", a time-window, "(" or a topic here`;
const operator = `expected "*", "+" or the end here`;

describe("syntax errors say where, what was expected and what to do", () => {
  test.each([
    ["", 1, 1, operand, "the topics-slice ends"],
    [" \n ", 2, 2, operand, "the topics-slice ends"],
    ["A+", 1, 3, operand, "the topics-slice ends"],
    ["A*", 1, 3, restriction, "the topics-slice ends"],
    ["*A", 1, 1, operand, `found "*"`],
    ["A**B", 1, 3, restriction, `found "*"`],
    ["A+*B", 1, 3, operand, `found "*"`],
    ["A B", 1, 3, operator, `found "B"`],
    ["A\n+\nB  Cde*F", 3, 4, operator, `found "Cde"`],
    ["(A", 1, 3, `expected "*", "+" or ")" here`, "the topics-slice ends"],
    ["A)", 1, 2, operator, `found ")"`],
    ["()", 1, 2, operand, `found ")"`],
    ["A(B)", 1, 2, operator, `found "("`],
    ["!A", 1, 1, operand, `found "!", which can only stand right of "*"`],
    ["A+!B", 1, 3, operand, `found "!", which can only stand right of "*"`],
    ["A*(!B)", 1, 4, operand, `found "!", which can only stand right of "*"`],
    ["A*!!B", 1, 4, "expected a topic here", `found "!"`],
    ["A*!(B)", 1, 4, "expected a topic here", `found "("`],
    ["A*!TimeWindow60", 1, 4, "expected a topic here", "a time-window can only stand right of"],
    ["TimeWindow60", 1, 1, operand, "a time-window can only stand right of"],
    ["A+TimeWindow60", 1, 3, operand, "a time-window can only stand right of"],
    ["TimeWindowABC+A", 1, 1, operand, `found "TimeWindowABC": `],
    ["A+TimeWindowABC", 1, 3, operand, "no topic begins with TimeWindow"],
    ["A*TimeWindowABC", 1, 3, restriction, `found "TimeWindowABC": write seconds`],
    ["A*TimeWindow", 1, 3, restriction, "write seconds"],
    ["A*TimeWindow 60", 1, 3, restriction, "write seconds"],
    ["A*TimeWindow60s", 1, 3, restriction, "write seconds"],
    ["A*TimeWindow-1", 1, 3, restriction, "write seconds"],
    ["A*TimeWindow12345678901", 1, 3, restriction, "at most ten digits"],
    ["A*TimeWindow[31/12/2005]", 1, 3, restriction, "TimeWindow[31/12/2005 14:59:00]"],
    ["A*TimeWindow[31/12/2005 14:59:00", 1, 3, restriction, "TimeWindow[31/12/2005 14:59:00]"],
    ["A*TimeWindow[1/1/2005 00:00:00]", 1, 3, restriction, "TimeWindow[31/12/2005 14:59:00]"],
    ["A*TimeWindow[31/12/2005 14:59:00]B", 1, 3, restriction, "TimeWindow[31/12/2005 14:59:00]"],
    ["A*TimeWindow[31/02/2005 00:00:00]", 1, 3, restriction, "the calendar has no such time"],
    ["A*TimeWindow[29/02/2023 00:00:00]", 1, 3, restriction, "the calendar has no such time"],
    ["A*TimeWindow[00/01/2023 00:00:00]", 1, 3, restriction, "the calendar has no such time"],
    ["A*TimeWindow[01/13/2023 00:00:00]", 1, 3, restriction, "the calendar has no such time"],
    ["A*TimeWindow[01/01/2023 24:00:00]", 1, 3, restriction, "the calendar has no such time"],
    ["A*TimeWindow[01/01/2023 00:60:00]", 1, 3, restriction, "the calendar has no such time"],
    ["A,B", 1, 2, operator, `found ",", which cannot stand in a topic`],
    ["#A", 1, 1, operand, `found "#", which cannot stand in a topic`],
    ["A+'B'", 1, 3, operand, `found "'", which cannot stand in a topic`],
    [`A"`, 1, 2, operator, `found """, which cannot stand in a topic`],
    ["A\u0007", 1, 2, operator, "found the character U+0007, which cannot stand in a topic"],
    ["A\ud800", 1, 2, operator, "found the character U+D800, which cannot stand in a topic"],
    [`A ${"x".repeat(1000)}`, 1, 3, operator, `found "${"x".repeat(40)}…"`],
  ])("%j", (text, line, column, expected, found) => {
    const error = errorOf(text);
    expect(error).toBeInstanceOf(TopicsSliceError);
    const { message, ...at } = error as TopicsSliceError;
    expect(at).toMatchObject({ code: "TopicsSlice", line, column });
    expect(message).toContain(`line ${line}, column ${column}: ${expected}, but `);
    expect(message).toContain(found);
    expect(message).not.toContain("\n");
  });
});

describe("limits", () => {
  const nested = (depth: number) => `${"(A+".repeat(depth)}B${")".repeat(depth)}`;

  test("reads the longest chain", () => {
    const topics = Array.from({ length: TOPICS_SLICE_TERMS_MAX }, (_, index) => `T${index}`);
    const slice = parseTopicsSlice(topics.join("+"));
    expect([...slice.topics]).toEqual(topics);
    expect(slice.needed.size).toBe(TOPICS_SLICE_TERMS_MAX);
    expect(slice.selects([topics.at(-1)!])).toBe(true);
    expect(slice.selects(["T"])).toBe(false);
    expect(parseTopicsSlice(topics.join("*")).selects(topics)).toBe(true);
    expect(errorOf(`${topics.join("+")}+X`)).toMatchObject({
      code: "Limit",
      message: expect.stringContaining("TOPICS_SLICE_TERMS_MAX") as string,
    });
  });

  test("reads 200 parentheses open at once, and refuses 201", () => {
    expect(parseTopicsSlice(nested(200)).selects(["B"])).toBe(true);
    expect(parseTopicsSlice("(A)+".repeat(300) + "B").selects(["B"])).toBe(true);
    expect(errorOf(nested(201))).toMatchObject({
      code: "Limit",
      message: expect.stringContaining("TOPICS_SLICE_DEPTH_MAX") as string,
    });
  });

  test.each(["(", ")", "*", "!", "A+", "(A*", "TimeWindow", "TimeWindow[", " ", "A ", "\ud800"])(
    "refuses a slice full of %j without harm",
    (unit) => {
      expect(["Limit", "TopicsSlice"]).toContain(codeOf(errorOf(unit.repeat(TOPICS_SLICE_LENGTH_MAX / unit.length))));
      expect(codeOf(errorOf(unit.repeat(TOPICS_SLICE_LENGTH_MAX)))).toMatch(/^(Limit|TopicsSlice)$/);
    },
  );

  test("refuses a slice that is too long, and a topic that is", () => {
    expect(codeOf(errorOf("A".padEnd(TOPICS_SLICE_LENGTH_MAX + 1)))).toBe("Limit");
    expect(errorOf("A".padEnd(TOPICS_SLICE_LENGTH_MAX))).toBeUndefined();
    expect(errorOf("A".repeat(TOPIC_LENGTH_MAX))).toBeUndefined();
    expect(codeOf(errorOf("A".repeat(TOPIC_LENGTH_MAX + 1)))).toBe("Limit");
    expect(codeOf(errorOf(`B*!${"A".repeat(TOPIC_LENGTH_MAX + 1)}`))).toBe("Limit");
  });
});
