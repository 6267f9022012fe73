import { formatAbsoluteTime } from "./absolute-time.js";
import type { ChainNode, ExpressionNode } from "./expression.js";
import { TIME_WINDOW_PREFIX } from "./topic.js";

/** Prints an expression as the text that parses to it, without white space or parentheses that change nothing. */
export function printTopicsSlice(expression: ExpressionNode): string {
  switch (expression.kind) {
    case "topic":
      return expression.topic;
    case "not":
      return `!${expression.topic}`;
    case "relativeTimeWindow":
      return `${TIME_WINDOW_PREFIX}${expression.seconds}`;
    case "absoluteTimeWindow":
      return `${TIME_WINDOW_PREFIX}[${formatAbsoluteTime(expression.sinceMs)}]`;
    case "chain":
      return printChain(expression);
  }
}

function printChain({ head, steps }: ChainNode): string {
  let text = printOperand(head);
  for (const { operator, operand } of steps) text += operator + printOperand(operand);
  return text;
}

function printOperand(node: ExpressionNode): string {
  return node.kind === "chain" ? `(${printChain(node)})` : printTopicsSlice(node);
}
