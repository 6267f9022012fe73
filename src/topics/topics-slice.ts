import { systemClock } from "../base/clock.js";
import { evaluate, type TimesMs, type TopicsHeld } from "./evaluate.js";
import { type Expression, forEachTerm } from "./expression.js";
import { neededTopics } from "./needed-topics.js";
import { parseExpression } from "./parse-expression.js";
import { routedTopics } from "./topics-list.js";
import { type Dialect, type SqlCondition, where } from "./where.js";

/**
 * Parses a topics-slice such as `(T2+T3*(T4+T5))*!T1` (guide §2.1.1.2, §2.1.2). Throws TopicsSliceError, with line and column,
 * where the text is none, and Limit where it is too long or too deep.
 */
export function parseTopicsSlice(text: string): TopicsSlice {
  return new TopicsSlice(text.trim(), parseExpression(text));
}

/** What a client wants: a boolean expression over topics and, in loads, over the time of the last update. Never changes. */
export class TopicsSlice {
  /** The text as it was given, without the white space around it. */
  readonly text: string;
  /** The parsed expression: plain frozen data. */
  readonly expression: Expression;
  /** The topics that stand without `!`. */
  readonly topics: ReadonlySet<string>;
  /** The topics that stand under `!`. */
  readonly excludedTopics: ReadonlySet<string>;
  /** Some of `topics`, never none: every topics-list that the slice selects has one of them. An index can file the slice under these. */
  readonly needed: ReadonlySet<string>;
  readonly hasTimeWindow: boolean;

  /** Call parseTopicsSlice, which checks the text. */
  constructor(text: string, expression: Expression) {
    const topics = new Set<string>();
    const excludedTopics = new Set<string>();
    let hasTimeWindow = false;
    forEachTerm(expression, (term) => {
      if (term.kind === "topic") topics.add(term.topic);
      else if (term.kind === "not") excludedTopics.add(term.topic);
      else hasTimeWindow = true;
    });
    this.text = text;
    this.expression = expression;
    this.topics = topics;
    this.excludedTopics = excludedTopics;
    this.needed = neededTopics(expression);
    this.hasTimeWindow = hasTimeWindow;
  }

  /**
   * Tells whether the slice selects an entity with this topics-list, reading `#T` as `T` as the delta server does. Times are
   * Dates or milliseconds since 1970-01-01 UTC; without them, as in steady state, time-windows are true (guide §2.1.2).
   */
  selects(topicsList: Iterable<string>, times?: { updateTime: Date | number; now: Date | number }): boolean {
    const timesMs = times && { updateTimeMs: Number(times.updateTime), nowMs: Number(times.now) };
    return this.selectsHeld(routedTopics(topicsList), timesMs);
  }

  /**
   * Tells whether some `!T` of the slice keeps a delta with this topics-list from a client, registered or not: T is in the list
   * and the slice does not select it (guide §2.1.3). `#T` is read as `T`; where only the application's topics count, give these.
   */
  vetoes(topicsList: Iterable<string>): boolean {
    return this.vetoesHeld(routedTopics(topicsList));
  }

  /** Does what `selects` does, for servers: the topics are in a set already, without `#`, and nothing is allocated. */
  selectsHeld(topics: TopicsHeld, times?: TimesMs): boolean {
    return evaluate(this.expression, topics, times);
  }

  /** Does what `vetoes` does, for servers: the topics are in a set already, without `#`. */
  vetoesHeld(topics: ReadonlySet<string>): boolean {
    return this.excludesAny(topics) && !evaluate(this.expression, topics);
  }

  /** Tells whether one of these topics, given without `#`, stands under `!`. */
  excludesAny(topics: Iterable<string>): boolean {
    if (this.excludedTopics.size === 0) return false;
    for (const topic of topics) if (this.excludedTopics.has(topic)) return true;
    return false;
  }

  /**
   * Writes the slice as an SQL condition over the columns Topics and UpdateTime, for the application's own tables, whose
   * topics-lists hold no `#` (guide §2.1.1.1). `now` is what time-windows count from (default: now); parameters that the caller
   * puts before these are left numbers by `firstParameter` (default 1). Throws Limit where the database could not take the SQL.
   */
  where(dialect: Dialect, options: { now?: Date; firstParameter?: number } = {}): SqlCondition {
    const { now = new Date(systemClock.now()), firstParameter } = options;
    return where(this.expression, dialect, now, firstParameter);
  }
}
