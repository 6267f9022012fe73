import { chain, type ChainNode, type Expression, type ExpressionNode } from "./expression.js";
import { HEAD, neededFrom } from "./needed-topics.js";

/** A topic as steps ask for it. */
export interface Asked {
  /** The last topics-list that had it. */
  list: number;
}

/** A question on the way to what a slice says of a topics-list: does the list have this topic? */
export interface Step<T extends Asked> {
  readonly topic: T;
  readonly ifHeld: Next<T>;
  readonly ifNot: Next<T>;
}

/** The next step, or the answer. */
export type Next<T extends Asked> = Step<T> | boolean;

/** Follows steps to what they say of a list. */
export function follow<T extends Asked>(next: Next<T>, list: number): boolean {
  while (next !== true && next !== false) next = next.topic.list === list ? next.ifHeld : next.ifNot;
  return next;
}

/**
 * Writes slices as steps, one for each term, so that evaluating them steps over what cannot change the answer any more, and
 * neither recurses nor allocates. Time-windows are true, as in steady state.
 */
export class StepWriter<T extends Asked> {
  readonly #topicOf: (name: string) => T;

  constructor(topicOf: (name: string) => T) {
    this.#topicOf = topicOf;
  }

  /**
   * Calls back for each topic that the expression needs (see neededTopics), with the steps that are left where a list has it. The
   * expression selects the list if those of one of its topics end in true.
   */
  file(expression: Expression, onNeeded: (topic: T, next: Next<T>) => void): void {
    this.#file(expression, true, onNeeded);
  }

  #file(node: Expression, whenTrue: Next<T>, onNeeded: (topic: T, next: Next<T>) => void): void {
    if (node.kind === "topic") {
      onNeeded(this.#topicOf(node.topic), whenTrue);
      return;
    }
    const { head, steps } = node;
    const from = neededFrom(node);
    for (let at = steps.length - 1; at > from; at--) {
      const { operator, operand } = steps[at]!;
      // What `+` joins is not asked for here: a list that has it is met under a topic of its own.
      if (operator === "+") this.#file(operand, whenTrue, onNeeded);
      else whenTrue = this.#write(operand, whenTrue, false);
    }
    if (from === HEAD) this.#file(head, whenTrue, onNeeded);
    else {
      const before = this.#write(chain(head, steps.slice(0, from)), whenTrue, false);
      this.#file(steps[from]!.operand as Expression, before, onNeeded);
    }
  }

  /** Gives where to begin so as to end at `whenTrue` or at `whenFalse`. */
  #write(node: ExpressionNode, whenTrue: Next<T>, whenFalse: Next<T>): Next<T> {
    switch (node.kind) {
      case "topic":
        return { topic: this.#topicOf(node.topic), ifHeld: whenTrue, ifNot: whenFalse };
      case "not":
        return { topic: this.#topicOf(node.topic), ifHeld: whenFalse, ifNot: whenTrue };
      case "relativeTimeWindow":
      case "absoluteTimeWindow":
        return whenTrue;
      case "chain":
        return this.#writeChain(node, whenTrue, whenFalse);
    }
  }

  #writeChain({ head, steps }: ChainNode, whenTrue: Next<T>, whenFalse: Next<T>): Next<T> {
    for (let at = steps.length - 1; at >= 0; at--) {
      const { operator, operand } = steps[at]!;
      const begin = this.#write(operand, whenTrue, whenFalse);
      if (operator === "*") whenTrue = begin;
      else whenFalse = begin;
    }
    return this.#write(head, whenTrue, whenFalse);
  }
}
