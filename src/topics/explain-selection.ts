import { evaluate, type TopicsHeld } from "./evaluate.js";
import type { ChainNode, ExpressionNode, Operator } from "./expression.js";
import { describeNode } from "./format-topics-slice-tree.js";

/** A line of the tree of a topics-slice, and what it says of the topics asked about. */
export interface ExplainedTerm {
  /** In how many parentheses it stands. */
  readonly depth: number;
  /** What joins it to the lines above; undefined of the first. */
  readonly operator: Operator | undefined;
  readonly text: string;
  /** Whether it holds for the topics; time-windows do, as in steady state. */
  readonly holds: boolean;
  /** Whether it is the term that settles whether the slice selects the topics: the last that changed the result. */
  readonly decides: boolean;
}

/** Explains, term by term, whether a topics-slice selects topics (guide §2.1.1.2): the lines of its tree, from top to bottom. */
export function explainSelection(expression: ExpressionNode, topics: TopicsHeld): ExplainedTerm[] {
  const terms: ExplainedTerm[] = [];
  const deciding = decidingTerm(expression, topics);
  const add = (node: ExpressionNode, depth: number, operator: Operator | undefined): void => {
    const holds = evaluate(node, topics);
    terms.push({ depth, operator, text: describeNode(node), holds, decides: node === deciding });
    if (node.kind === "chain") addChain(node, depth + 1);
  };
  const addChain = (chain: ChainNode, depth: number): void => {
    add(chain.head, depth, undefined);
    for (const { operator, operand } of chain.steps) add(operand, depth, operator);
  };
  if (expression.kind === "chain") addChain(expression, 0);
  else add(expression, 0, undefined);
  return terms;
}

/** Gives the term without which the result would be another, as far as one term does that. */
function decidingTerm(node: ExpressionNode, topics: TopicsHeld): ExpressionNode {
  if (node.kind !== "chain") return node;
  let deciding: ExpressionNode = node.head;
  let selected = evaluate(node.head, topics);
  for (const { operator, operand } of node.steps) {
    if (selected !== (operator === "*")) continue;
    const holds = evaluate(operand, topics);
    // What narrows and holds, or widens and does not, leaves the result as it was.
    if (holds === selected) continue;
    selected = holds;
    deciding = operand;
  }
  return decidingTerm(deciding, topics);
}
