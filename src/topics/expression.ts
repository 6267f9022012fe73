export interface TopicNode {
  readonly kind: "topic";
  readonly topic: string;
}

export interface NotNode {
  readonly kind: "not";
  readonly topic: string;
}

/** Selects what was updated in the last `seconds`. */
export interface RelativeTimeWindowNode {
  readonly kind: "relativeTimeWindow";
  readonly seconds: number;
}

/** Selects what was updated at `sinceMs` or later: milliseconds since 1970-01-01 UTC. */
export interface AbsoluteTimeWindowNode {
  readonly kind: "absoluteTimeWindow";
  readonly sinceMs: number;
}

/**
 * Terms joined from left to right: `A+B*C` is the head `A` with the steps `+B` and `*C`, and means `(A+B)*C`. A chain as head
 * or operand stood in parentheses. Chains are flat, so that a slice of thousands of terms takes no recursion.
 */
export interface ChainNode {
  readonly kind: "chain";
  readonly head: Expression;
  readonly steps: readonly Step[];
}

/** What may stand anywhere: it selects only what has one of its topics. */
export type Expression = TopicNode | ChainNode;

/** What may stand only right of `*`: it narrows what the left side selects. */
export type Restriction = NotNode | RelativeTimeWindowNode | AbsoluteTimeWindowNode;

export type ExpressionNode = Expression | Restriction;

export type Operator = "*" | "+";

export type Step =
  | { readonly operator: "*"; readonly operand: ExpressionNode }
  | { readonly operator: "+"; readonly operand: Expression };

export function topic(name: string): TopicNode {
  return Object.freeze({ kind: "topic", topic: name });
}

export function not(name: string): NotNode {
  return Object.freeze({ kind: "not", topic: name });
}

export function relativeTimeWindow(seconds: number): RelativeTimeWindowNode {
  return Object.freeze({ kind: "relativeTimeWindow", seconds });
}

export function absoluteTimeWindow(sinceMs: number): AbsoluteTimeWindowNode {
  return Object.freeze({ kind: "absoluteTimeWindow", sinceMs });
}

export function step(operator: "*", operand: ExpressionNode): Step;
export function step(operator: "+", operand: Expression): Step;
export function step(operator: Operator, operand: ExpressionNode): Step {
  return Object.freeze({ operator, operand }) as Step;
}

/** Makes a chain; one without steps is its head, so that there is one way to write each expression down. */
export function chain(head: Expression, steps: readonly Step[]): Expression {
  return steps.length === 0 ? head : Object.freeze({ kind: "chain", head, steps: Object.freeze([...steps]) });
}

/** Calls back for each node that is no chain, from left to right. */
export function forEachTerm(node: ExpressionNode, callback: (term: TopicNode | Restriction) => void): void {
  if (node.kind !== "chain") {
    callback(node);
    return;
  }
  forEachTerm(node.head, callback);
  for (const { operand } of node.steps) forEachTerm(operand, callback);
}
