import { LiveDistError } from "../base/errors.js";
import { TOPICS_SLICE_DEPTH_MAX, TOPICS_SLICE_LENGTH_MAX, TOPICS_SLICE_TERMS_MAX } from "../base/limits.js";
import { explainSyntaxError, type GrammarFailure } from "./explain-syntax-error.js";
import { type Expression, forEachTerm } from "./expression.js";
import { checkTopicLength } from "./topic.js";
import { parse, SyntaxError as GrammarError } from "./topics-slice-parser.js";

/**
 * Parses the text of a topics-slice into its expression (guide §2.1.1.2). Throws TopicsSliceError where the text is no
 * topics-slice, and Limit where it is too long, has too many terms or too many parentheses open at once.
 */
export function parseExpression(text: string): Expression {
  checkLimits(text);
  const expression = parseText(text);
  forEachTerm(expression, (term) => {
    if (term.kind === "topic" || term.kind === "not") checkTopicLength(term.topic);
  });
  return expression;
}

function parseText(text: string): Expression {
  try {
    return parse(text, {}) as Expression;
  } catch (error) {
    throw error instanceof GrammarError ? explainSyntaxError(text, error as unknown as GrammarFailure) : error;
  }
}

/** Counts on the bare characters, before the parser recurses or allocates; nothing in the language quotes these characters. */
function checkLimits(text: string): void {
  checkLimit("characters", text.length, "TOPICS_SLICE_LENGTH_MAX", TOPICS_SLICE_LENGTH_MAX);
  let terms = 1;
  let depth = 0;
  let depthMax = 0;
  for (const character of text) {
    if (character === "*" || character === "+") terms++;
    else if (character === "(") depthMax = Math.max(depthMax, ++depth);
    else if (character === ")") depth--;
  }
  checkLimit("terms", terms, "TOPICS_SLICE_TERMS_MAX", TOPICS_SLICE_TERMS_MAX);
  checkLimit("parentheses open at once", depthMax, "TOPICS_SLICE_DEPTH_MAX", TOPICS_SLICE_DEPTH_MAX);
}

function checkLimit(what: string, count: number, name: string, max: number): void {
  if (count > max) throw new LiveDistError("Limit", `the topics-slice has ${count} ${what}; ${name} allows ${max}`);
}
