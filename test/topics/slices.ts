import fc from "fast-check";

/** Topics that are hard for someone: wildcards of LIKE, brackets, backslashes, case, letters beyond ASCII and beyond the BMP. */
export const hardTopics = [
  "A",
  "a",
  "B",
  "AB",
  "%",
  "_",
  "A_",
  "[A]",
  "\\",
  "A\\",
  "~",
  "Ä",
  "ä",
  "ß",
  "ss",
  "😀",
  "x.y/z:1",
];

export const topicArbitrary = fc.constantFrom(...hardTopics);
export const topicsListArbitrary = fc.uniqueArray(topicArbitrary, { maxLength: 5 });

export const nowMs = Date.UTC(2026, 6, 1, 12, 0, 0);
/** Times at, and just beside, the borders of the time-windows below. */
export const updateTimeMsArbitrary = fc
  .tuple(fc.constantFrom(-60_000, -1_000, 0, Date.UTC(2005, 11, 31, 14, 59) - nowMs), fc.constantFrom(-1, 0, 1))
  .map(([border, beside]) => nowMs + border + beside);
const timeWindow = fc.constantFrom("TimeWindow60", "TimeWindow1", "TimeWindow0", "TimeWindow[31/12/2005 14:59:00]");

const gap = fc.constantFrom("", "", "", " ", "\n", " \t ");

/** Texts of valid topics-slices, with white space and more parentheses than they need. */
export const sliceTextArbitrary: fc.Arbitrary<string> = fc.letrec<{ slice: string; operand: string; step: string }>(
  (tie) => ({
    slice: fc
      .tuple(tie("operand"), fc.array(tie("step"), { maxLength: 6 }))
      .map(([head, steps]) => head + steps.join("")),
    operand: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      topicArbitrary,
      fc.tuple(gap, tie("slice"), gap).map(([before, slice, after]) => `(${before}${slice}${after})`),
    ),
    step: fc
      .tuple(
        gap,
        gap,
        fc.oneof(
          fc.tuple(fc.constant("+"), tie("operand")),
          fc.tuple(
            fc.constant("*"),
            fc.oneof(
              tie("operand"),
              topicArbitrary.map((topic) => `!${topic}`),
              timeWindow,
            ),
          ),
        ),
      )
      .map(([before, between, [operator, operand]]) => before + operator + between + operand),
  }),
).slice;

/** Decides what a topics-slice selects straight from its text, sharing nothing with the product. */
export function naiveSelects(text: string, topics: readonly string[], updateTimeMs?: number): boolean {
  const tokens = text.match(/TimeWindow\[[^\]]*\]|[*+!()]|[^*+!()\s]+/gu) ?? [];
  let at = 0;
  const term = (): boolean => {
    const token = tokens[at++]!;
    if (token === "!") return !topics.includes(tokens[at++]!);
    if (token.startsWith("TimeWindow")) return naiveTimeWindow(token, updateTimeMs);
    if (token !== "(") return topics.includes(token);
    const value = slice();
    at++;
    return value;
  };
  const slice = (): boolean => {
    let value = term();
    while (tokens[at] === "*" || tokens[at] === "+") {
      const operator = tokens[at++];
      const right = term();
      value = operator === "*" ? value && right : value || right;
    }
    return value;
  };
  return slice();
}

function naiveTimeWindow(token: string, updateTimeMs: number | undefined): boolean {
  if (updateTimeMs === undefined) return true;
  if (token.startsWith("TimeWindow[")) {
    const [day, month, year, hour, minute, second] = token.match(/\d+/g)!.map(Number);
    return updateTimeMs >= Date.UTC(year!, month! - 1, day, hour, minute, second);
  }
  const ageMs = nowMs - updateTimeMs;
  return ageMs >= 0 && ageMs <= Number(token.slice("TimeWindow".length)) * 1000;
}
