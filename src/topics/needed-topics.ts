import type { ChainNode, Expression, ExpressionNode } from "./expression.js";

/**
 * Gives positive topics of which every topics-list that the expression selects has at least one, and as few of them as can be
 * seen without solving the expression: `A*W` needs only `A`, `A+B` needs both. `!T` and time-windows need none.
 */
export function neededTopics(expression: Expression): Set<string> {
  const needed = new Set<string>();
  addNeeded(expression, needed);
  return needed;
}

function addNeeded(node: Expression, needed: Set<string>): void {
  if (node.kind === "topic") {
    needed.add(node.topic);
    return;
  }
  const from = neededFrom(node);
  addNeeded(from === HEAD ? node.head : (node.steps[from]!.operand as Expression), needed);
  for (const { operator, operand } of node.steps.slice(from + 1)) if (operator === "+") addNeeded(operand, needed);
}

/** Stands for the head where a step of a chain is asked for. */
export const HEAD = -1;

/**
 * Gives the step of a chain whose operand needs the fewest topics of all that it cannot do without: these are needed, and those of
 * the `+` behind it. In `(A+B)*C+D` it is `*C`.
 */
export function neededFrom(chain: ChainNode): number {
  return weigh(chain).from;
}

function weigh({ head, steps }: ChainNode): { from: number; count: number } {
  let from = HEAD;
  let count = countNeeded(head);
  for (const [at, { operator, operand }] of steps.entries()) {
    const theirs = countNeeded(operand);
    if (operator === "+") count += theirs;
    else if (theirs < count) {
      from = at;
      count = theirs;
    }
  }
  return { from, count };
}

/** Counts a topic each time that it stands there; Infinity where none is needed. */
function countNeeded(node: ExpressionNode): number {
  if (node.kind === "topic") return 1;
  return node.kind === "chain" ? weigh(node).count : Infinity;
}
