import type { ExpressionNode, Operator } from "./expression.js";

const words = { "*": "and ", "+": "or " } as const satisfies Record<Operator, string>;
const INDENT = "  ";

/**
 * Formats a topics-slice for people: one term a line, read from top to bottom, what stood in parentheses indented below
 * `group`. `(T2+T3)*!T1` becomes the lines `group`, `  T2`, `  or T3`, `and not T1`.
 */
export function formatTopicsSliceTree(slice: { readonly expression: ExpressionNode }): string {
  const lines: string[] = [];
  const { expression } = slice;
  if (expression.kind === "chain") addChain(lines, expression, "");
  else addNode(lines, expression, "", "");
  return lines.join("\n");
}

function addChain(lines: string[], chain: ExpressionNode & { kind: "chain" }, indent: string): void {
  addNode(lines, chain.head, indent, "");
  for (const { operator, operand } of chain.steps) addNode(lines, operand, indent, words[operator]);
}

function addNode(lines: string[], node: ExpressionNode, indent: string, word: string): void {
  lines.push(`${indent}${word}${describeNode(node)}`);
  if (node.kind === "chain") addChain(lines, node, indent + INDENT);
}

/** Says what a term is, for people; a chain, which stood in parentheses, is a group. */
export function describeNode(node: ExpressionNode): string {
  switch (node.kind) {
    case "topic":
      return node.topic;
    case "not":
      return `not ${node.topic}`;
    case "relativeTimeWindow":
      return `updated in the last ${node.seconds} seconds`;
    case "absoluteTimeWindow":
      return `updated since ${new Date(node.sinceMs).toISOString()}`;
    case "chain":
      return "group";
  }
}
