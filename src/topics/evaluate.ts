import type { ChainNode, ExpressionNode } from "./expression.js";

/** The topics that an entity has: a Set serves, and so does anything else that can tell. */
export interface TopicsHeld {
  has(topic: string): boolean;
}

/** What time-windows look at; milliseconds since 1970-01-01 UTC. */
export interface TimesMs {
  readonly updateTimeMs: number;
  readonly nowMs: number;
}

/**
 * Tells whether an expression selects an entity with these topics (guide §2.1.1.2). Without times, as in steady state,
 * time-windows are true (guide §2.1.2). It allocates nothing, and recurses only into parentheses.
 */
export function evaluate(node: ExpressionNode, topics: TopicsHeld, times?: TimesMs): boolean {
  switch (node.kind) {
    case "topic":
      return topics.has(node.topic);
    case "not":
      return !topics.has(node.topic);
    case "relativeTimeWindow":
      return !times || (times.nowMs - node.seconds * 1000 <= times.updateTimeMs && times.updateTimeMs <= times.nowMs);
    case "absoluteTimeWindow":
      return !times || times.updateTimeMs >= node.sinceMs;
    case "chain":
      return evaluateChain(node, topics, times);
  }
}

function evaluateChain(chain: ChainNode, topics: TopicsHeld, times: TimesMs | undefined): boolean {
  let selected = evaluate(chain.head, topics, times);
  for (const step of chain.steps) {
    // A step that cannot change what is known so far is not evaluated.
    if (selected === (step.operator === "*")) selected = evaluate(step.operand, topics, times);
  }
  return selected;
}
