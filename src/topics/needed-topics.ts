import type { Expression } from "./expression.js";

/**
 * Gives positive topics of which every topics-list that the expression selects has at least one, and as few of them as can be
 * seen without solving the expression: `A*W` needs only `A`, `A+B` needs both. `!T` and time-windows need none.
 */
export function neededTopics(expression: Expression): Set<string> {
  if (expression.kind === "topic") return new Set([expression.topic]);
  let needed = neededTopics(expression.head);
  for (const { operator, operand } of expression.steps) {
    if (operand.kind !== "topic" && operand.kind !== "chain") continue;
    const theirs = neededTopics(operand);
    if (operator === "*") needed = theirs.size < needed.size ? theirs : needed;
    else for (const topic of theirs) needed.add(topic);
  }
  return needed;
}
