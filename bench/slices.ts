import type { Random } from "../src/base/random.js";
import type { TopicsHeld } from "../src/topics/evaluate.js";
import type { ExpressionNode } from "../src/topics/expression.js";
import { SubscriptionIndex } from "../src/topics/subscription-index.js";
import { topicsHeld } from "../src/topics/topics-held.js";
import { parseTopicsSlice, type TopicsSlice } from "../src/topics/topics-slice.js";
import { type BenchOptions, perSecond, planOf, race, type Table } from "./measure.js";
import { below, distinctBelow, pick, seededRandom } from "./random.js";

/*
 * Goals: what it costs to decide whether a slice selects a topics-list, and to decide it for all slices of a server, beside
 * the fastest thing that JavaScript can do: a function written for each slice, compiled by the engine.
 *
 * Non-goals: parsing, which is done once per request; time-windows, which count in loads only; SQL.
 *
 * A decision is one slice over one topics-list. The index gives the decisions that were due, whether or not it had to look at
 * the slice: how little it looks at is its point.
 */

const TOPICS = 1_000;

export async function benchSlices({ size, seed }: BenchOptions): Promise<Table[]> {
  const random = seededRandom(seed);
  const lists = Array.from({ length: size === "full" ? 1_000 : 20 }, () => randomTopicsList(random));
  const many = size === "full" ? 10_000 : 100;
  return [
    await decisions(64, lists, random, { size, seed }),
    await decisions(many, lists.slice(0, 20), random, { size, seed }),
  ];
}

async function decisions(
  count: number,
  lists: readonly string[][],
  random: Random,
  options: BenchOptions,
): Promise<Table> {
  const slices = Array.from({ length: count }, () => parseTopicsSlice(randomSlice(random, 3)));
  const functions = slices.map(({ expression }) => compiled(expression));
  const held = lists.map(topicsHeld);
  const index = new SubscriptionIndex<TopicsSlice>();
  for (const slice of slices) index.add(slice, slice);
  const all = slices.length * lists.length;
  const contestants = [
    {
      name: "SubscriptionIndex, then selectsHeld",
      run: (ms: number) => perSecond(ms, all, () => countIndexed(index, lists, held)),
    },
    {
      name: "TopicsSlice.selectsHeld on every slice",
      run: (ms: number) => perSecond(ms, all, () => countEvaluated(slices, held)),
    },
    {
      name: "a compiled function for every slice",
      run: (ms: number) => perSecond(ms, all, () => countCompiled(functions, held)),
    },
  ];
  const title = `${count.toLocaleString("en-US")} slices over random topics-lists of 3 to 8 out of ${TOPICS} topics`;
  return { title, rows: await race("decisions/s", contestants, planOf(options.size)) };
}

function countEvaluated(slices: readonly TopicsSlice[], lists: readonly TopicsHeld[]): number {
  let selected = 0;
  for (const topics of lists) for (const slice of slices) if (slice.selectsHeld(topics)) selected++;
  return selected;
}

function countCompiled(functions: readonly Predicate[], lists: readonly TopicsHeld[]): number {
  let selected = 0;
  for (const topics of lists) for (const selects of functions) if (selects(topics)) selected++;
  return selected;
}

function countIndexed(
  index: SubscriptionIndex<TopicsSlice>,
  lists: readonly string[][],
  held: readonly TopicsHeld[],
): number {
  let selected = 0;
  for (const [at, topics] of held.entries()) {
    for (const slice of index.candidates(lists[at]!)) if (slice.selectsHeld(topics)) selected++;
  }
  return selected;
}

type Predicate = (topics: TopicsHeld) => boolean;

/** Writes the function that a programmer would write for a slice by hand. */
function compiled(expression: ExpressionNode): Predicate {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made from a parsed slice, nothing else
  return new Function("topics", `return ${source(expression)};`) as Predicate;
}

function source(node: ExpressionNode): string {
  switch (node.kind) {
    case "topic":
      return `topics.has(${JSON.stringify(node.topic)})`;
    case "not":
      return `!topics.has(${JSON.stringify(node.topic)})`;
    case "chain":
      return node.steps.reduce(
        (left, { operator, operand }) => `(${left} ${operator === "*" ? "&&" : "||"} ${source(operand)})`,
        source(node.head),
      );
    case "relativeTimeWindow":
    case "absoluteTimeWindow":
      return "true";
  }
}

function topicName(index: number): string {
  return `topic${index}`;
}

function randomTopicsList(random: Random): string[] {
  return distinctBelow(random, TOPICS, 3 + below(random, 6)).map(topicName);
}

/** Makes the text of a slice of 2 to 6 terms, a third of them in parentheses, with a `!T` here and there. */
function randomSlice(random: Random, depth: number): string {
  const operand = (): string =>
    depth > 0 && random() < 0.3 ? `(${randomSlice(random, depth - 1)})` : topicName(below(random, TOPICS));
  let text = operand();
  for (let steps = 1 + below(random, 5); steps > 0; steps--) {
    text += pick(random, [
      () => `+${operand()}`,
      () => `*${operand()}`,
      () => `*!${topicName(below(random, TOPICS))}`,
    ])();
  }
  return text;
}
