import { assert } from "../base/assert.js";
import { LiveDistError } from "../base/errors.js";
import { TOPICS_SLICE_SQL_DEPTH_MAX } from "../base/limits.js";
import type { ChainNode, Expression, ExpressionNode, Operator } from "./expression.js";
import { type Dialect, type SqlDialect, sqlDialects } from "./sql-dialect.js";

export type { Dialect } from "./sql-dialect.js";

/** A condition to stand behind WHERE, and the values of its parameters in the order of their markers. */
export interface SqlCondition {
  readonly sql: string;
  /** Topics as `,T,`; times as milliseconds since 1970-01-01 UTC (SQLite) or as a Date. */
  readonly parameters: (string | number | Date)[];
}

/**
 * Writes an expression as a condition over the columns Topics (`,A1,B1,`) and UpdateTime (guide §2.1.1.1). Topics compare
 * ordinally in every dialect, whatever characters they hold. Markers are `?` for SQLite, `$1…` for PostgreSQL and `@p1…` for
 * SQL Server; `firstParameter` leaves numbers to the parameters that stand before. Throws Limit where the condition would
 * nest too deep or have too many parameters.
 */
export function where(expression: Expression, dialect: Dialect, now: Date, firstParameter = 1): SqlCondition {
  assert(Number.isInteger(firstParameter) && firstParameter >= 1, "firstParameter is a whole number from 1");
  const writer = new ConditionWriter(sqlDialects[dialect], now.getTime(), firstParameter);
  const { sql } = writer.write(expression);
  return { sql, parameters: writer.parameters };
}

interface Condition {
  readonly sql: string;
  /** How many AND and OR stand within each other. */
  readonly depth: number;
}

const keywords = { "*": "AND", "+": "OR" } as const satisfies Record<Operator, string>;

class ConditionWriter {
  readonly parameters: (string | number | Date)[] = [];
  readonly #dialect: SqlDialect;
  readonly #nowMs: number;
  readonly #firstParameter: number;
  readonly #markers = new Map<string | number, string>();

  constructor(dialect: SqlDialect, nowMs: number, firstParameter: number) {
    this.#dialect = dialect;
    this.#nowMs = nowMs;
    this.#firstParameter = firstParameter;
  }

  write(node: ExpressionNode): Condition {
    return node.kind === "chain" ? this.#chain(node) : { sql: this.#term(node), depth: 0 };
  }

  #term(node: Exclude<ExpressionNode, ChainNode>): string {
    const { position, updateTime } = this.#dialect;
    switch (node.kind) {
      case "topic":
        return `${position(this.#topic(node.topic))} > 0`;
      case "not":
        return `${position(this.#topic(node.topic))} = 0`;
      case "relativeTimeWindow": {
        const since = this.#time(this.#nowMs - node.seconds * 1000);
        return `(${updateTime} >= ${since} AND ${updateTime} <= ${this.#time(this.#nowMs)})`;
      }
      case "absoluteTimeWindow":
        return `${updateTime} >= ${this.#time(node.sinceMs)}`;
    }
  }

  /** Only where the operator changes does the left side have to nest; terms under one operator are balanced. */
  #chain({ head, steps }: ChainNode): Condition {
    let left = this.write(head);
    for (let index = 0; index < steps.length;) {
      const { operator } = steps[index]!;
      const run: Condition[] = [];
      for (; steps[index]?.operator === operator; index++) run.push(this.write(steps[index]!.operand));
      left = join(operator, left, balance(operator, run));
    }
    return left;
  }

  #topic(topic: string): string {
    return this.#parameter(topic, `,${topic},`);
  }

  #time(timeMs: number): string {
    return this.#parameter(timeMs, this.#dialect.time(timeMs));
  }

  #parameter(key: string | number, value: string | number | Date): string {
    const { marker, isMarkerReusable, parametersMax, parametersMaxName } = this.#dialect;
    const known = this.#markers.get(key);
    if (known !== undefined && isMarkerReusable) return known;
    const parameterNumber = this.#firstParameter + this.parameters.length;
    if (parameterNumber > parametersMax) {
      const message = `the topics-slice needs more SQL parameters than ${parametersMaxName}, ${parametersMax}; split it into several`;
      throw new LiveDistError("Limit", message);
    }
    this.parameters.push(value);
    const written = marker(parameterNumber);
    this.#markers.set(key, written);
    return written;
  }
}

function balance(operator: Operator, conditions: readonly Condition[]): Condition {
  if (conditions.length === 1) return conditions[0]!;
  const middle = conditions.length >> 1;
  return join(operator, balance(operator, conditions.slice(0, middle)), balance(operator, conditions.slice(middle)));
}

function join(operator: Operator, left: Condition, right: Condition): Condition {
  const depth = Math.max(left.depth, right.depth) + 1;
  if (depth > TOPICS_SLICE_SQL_DEPTH_MAX) {
    const message =
      `the topics-slice changes between * and + so often that its SQL nests deeper than TOPICS_SLICE_SQL_DEPTH_MAX, ` +
      `${TOPICS_SLICE_SQL_DEPTH_MAX}; let terms with the same operator stand together`;
    throw new LiveDistError("Limit", message);
  }
  return { sql: `(${left.sql} ${keywords[operator]} ${right.sql})`, depth };
}
