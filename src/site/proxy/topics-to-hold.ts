import type { Expression } from "../../topics/expression.js";

/**
 * Gives positive topics of which every topics-list that an expression selects has at least one: who holds all of them can serve
 * the expression. Of two sides of `*`, one of which will do, it gives the one of which less is missing.
 */
export function topicsToHold(expression: Expression, isHeld: (topic: string) => boolean): Set<string> {
  if (expression.kind === "topic") return new Set([expression.topic]);
  let needed = topicsToHold(expression.head, isHeld);
  for (const { operator, operand } of expression.steps) {
    if (operand.kind !== "topic" && operand.kind !== "chain") continue;
    const theirs = topicsToHold(operand, isHeld);
    if (operator === "+") for (const topic of theirs) needed.add(topic);
    else if (countMissing(theirs, isHeld) < countMissing(needed, isHeld)) needed = theirs;
  }
  return needed;
}

function countMissing(topics: ReadonlySet<string>, isHeld: (topic: string) => boolean): number {
  let missing = 0;
  for (const topic of topics) if (!isHeld(topic)) missing++;
  return missing;
}
