import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import { TOPIC_LENGTH_MAX, TOPICS_LIST_TOPICS_MAX } from "../../src/base/limits.js";
import { checkTopic } from "../../src/topics/topic.js";
import { appTopics, formatTopicsList, parseTopicsList, routedTopics } from "../../src/topics/topics-list.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { topicArbitrary } from "./slices.js";

function failure(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return codeOf(error) ?? "not ours";
  }
  return undefined;
}

describe("parseTopicsList", () => {
  test.each([
    [",A1,A2,B1,", ["A1", "A2", "B1"]],
    ["", []],
    [",", []],
    [",A,", ["A"]],
    [",A,#A,B,A,#A,", ["A", "#A", "B"]],
    [",100%,a_b,[x],\\,😀,", ["100%", "a_b", "[x]", "\\", "😀"]],
  ])("reads %j", (text, topics) => {
    expect(parseTopicsList(text)).toEqual(topics);
  });

  test.each([
    "A",
    ",A",
    "A,",
    ",,",
    ",A,,B,",
    ",A, B,",
    ", ,",
    ",##A,",
    ",#,",
    ",A#,",
    ",A*B,",
    ",!A,",
    ",(A),",
    ",A+B,",
    ",A'B,",
  ])("refuses %j", (text) => {
    expect(failure(() => parseTopicsList(text))).toBe("TopicsList");
  });

  test.each([
    ",TimeWindow,",
    ",TimeWindow60,",
    ",#TimeWindowABC,",
    ",A\u0000,",
    ",A\u0085,",
    ",\ud800,",
    ",\udc00A,",
    ',A",',
    ",\ufeff,",
  ])("refuses %j", (text) => {
    expect(failure(() => parseTopicsList(text))).toBe("TopicsList");
  });

  test("says what is wrong", () => {
    expect(() => parseTopicsList("A,B")).toThrow(`begins and ends with a comma, as ",A,B,", but this is "A,B"`);
    expect(() => parseTopicsList(",A\u0001,")).toThrow("the character U+0001 cannot stand in a topic");
    expect(() => parseTopicsList(",A*B,")).toThrow(`"*" cannot stand in a topic`);
  });

  test("refuses too many topics and too long ones, duplicates counted", () => {
    const most = Array.from({ length: TOPICS_LIST_TOPICS_MAX }, (_, index) => `T${index}`);
    expect(parseTopicsList(formatTopicsList(most))).toEqual(most);
    expect(failure(() => formatTopicsList([...most, "X"]))).toBe("Limit");
    expect(failure(() => parseTopicsList(`,${most.join(",")},X,`))).toBe("Limit");
    expect(failure(() => parseTopicsList(`${",A".repeat(TOPICS_LIST_TOPICS_MAX)},B,`))).toBe("Limit");
    expect(failure(() => parseTopicsList(",".repeat(1_000_000)))).toBe("TopicsList");
    expect(formatTopicsList([`#${"x".repeat(TOPIC_LENGTH_MAX)}`])).toHaveLength(TOPIC_LENGTH_MAX + 3);
    expect(failure(() => formatTopicsList(["x".repeat(TOPIC_LENGTH_MAX + 1)]))).toBe("Limit");
  });
});

describe("formatTopicsList", () => {
  test("is read back by parseTopicsList", () => {
    const mark = fc.constantFrom("", "#");
    const listed = fc.tuple(mark, topicArbitrary).map(([sign, topic]) => sign + topic);
    fc.assert(
      fc.property(fc.array(listed, { maxLength: 8 }), (topics) => {
        const text = formatTopicsList(topics);
        expect(parseTopicsList(text)).toEqual([...new Set(topics)]);
        for (const topic of topics) expect(text).toContain(`,${topic},`);
      }),
    );
  });

  test("begins and ends with a comma, also without topics", () => {
    expect(formatTopicsList(["A1", "A2", "A1", "B1"])).toBe(",A1,A2,B1,");
    expect(formatTopicsList([])).toBe(",");
  });

  test.each([[""], ["A,B"], ["A B"], ["##A"], ["#"]])("refuses the topic %j", (topic) => {
    expect(failure(() => formatTopicsList([topic]))).toBe("TopicsList");
  });
});

test("topics are told from routing topics", () => {
  expect(appTopics(["A", "#A", "#B", "C"])).toEqual(["A", "C"]);
  expect([...routedTopics(["A", "#A", "#B", "C"])]).toEqual(["A", "B", "C"]);
});

test("topics-lists and topics-slices agree on every character", () => {
  const disagreeing: string[] = [];
  for (let codePoint = 0; codePoint <= 0x1_0100; codePoint++) {
    const topic = `a${String.fromCodePoint(codePoint)}b`;
    const isTopic = failure(() => checkTopic(topic)) === undefined;
    let isTerm = false;
    try {
      isTerm = parseTopicsSlice(topic).topics.has(topic);
    } catch {
      // No topics-slice at all.
    }
    if (isTopic !== isTerm) disagreeing.push(codePoint.toString(16));
  }
  expect(disagreeing).toEqual([]);
});
