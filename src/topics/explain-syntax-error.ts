import { TopicsSliceError } from "../base/errors.js";
import { absoluteTimeMs } from "./absolute-time.js";
import { describeCharacter, FORBIDDEN_CHARACTER, TIME_WINDOW_PREFIX } from "./topic.js";

/** What the generated parser says of the place where it could not go on. */
export interface GrammarFailure {
  readonly expected: readonly Expectation[];
  readonly location: { readonly start: { readonly offset: number; readonly line: number; readonly column: number } };
}

type Expectation =
  | { readonly type: "literal"; readonly text: string }
  | { readonly type: "other"; readonly description: string }
  | { readonly type: "end" };

const TIME_WINDOW = "a time-window";
const EXCERPT_LENGTH_MAX = 40;

/** Makes the error that tells a person where a topics-slice went wrong, what may stand there, and why what stands there may not. */
export function explainSyntaxError(text: string, failure: GrammarFailure): TopicsSliceError {
  const { offset, line, column } = failure.location.start;
  const expected = describeExpectations(failure.expected);
  const found = describeFound(text.slice(offset), expected.has(TIME_WINDOW));
  const message = `topics-slice, line ${line}, column ${column}: expected ${joinWithOr([...expected])} here, but ${found}`;
  return new TopicsSliceError(message, { line, column });
}

function describeExpectations(expectations: readonly Expectation[]): Set<string> {
  const descriptions = new Set(expectations.map(describeExpectation));
  // White space may stand nearly everywhere, so that naming it helps nobody.
  descriptions.delete("white space");
  return descriptions;
}

function describeExpectation(expectation: Expectation): string {
  switch (expectation.type) {
    case "literal":
      return `"${expectation.text}"`;
    case "other":
      return expectation.description;
    case "end":
      return "the end";
  }
}

function joinWithOr(items: readonly string[]): string {
  const last = items.at(-1) ?? "nothing";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} or ${last}`;
}

function describeFound(rest: string, isTimeWindowExpected: boolean): string {
  if (rest === "") return "the topics-slice ends";
  if (rest.startsWith("!")) return `found "!", which can only stand right of "*", as in A*!B`;
  if (rest.startsWith(TIME_WINDOW_PREFIX)) return describeTimeWindow(rest, isTimeWindowExpected);
  const word = rest.split(FORBIDDEN_CHARACTER, 1)[0];
  if (word) return `found "${excerpt(word)}"`;
  const character = String.fromCodePoint(rest.codePointAt(0)!);
  return `found ${describeCharacter(character)}${"*+()".includes(character) ? "" : ", which cannot stand in a topic"}`;
}

function describeTimeWindow(rest: string, isExpected: boolean): string {
  const word = /^TimeWindow(?:\[[^\]]*\])?[^\s*+!()]*/.exec(rest)?.[0] ?? TIME_WINDOW_PREFIX;
  const found = `found "${excerpt(word)}"`;
  if (!isExpected)
    return `${found}: a time-window can only stand right of "*", as in A*TimeWindow3600, and no topic begins with TimeWindow`;
  const time = /^TimeWindow\[(\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d)\]$/.exec(word)?.[1];
  if (time !== undefined && absoluteTimeMs(time) === undefined) return `${found}, and the calendar has no such time`;
  return `${found}: write seconds of at most ten digits, as TimeWindow3600, or a time, as TimeWindow[31/12/2005 14:59:00]`;
}

function excerpt(text: string): string {
  return text.length <= EXCERPT_LENGTH_MAX ? text : `${text.slice(0, EXCERPT_LENGTH_MAX)}…`;
}
