import { performance } from "node:perf_hooks";
import type { Random } from "../src/base/random.js";
import type { TopicsHeld } from "../src/topics/evaluate.js";
import type { ExpressionNode } from "../src/topics/expression.js";
import { SubscriptionIndex } from "../src/topics/subscription-index.js";
import { topicsHeld } from "../src/topics/topics-held.js";
import { parseTopicsSlice, type TopicsSlice } from "../src/topics/topics-slice.js";
import { ClientSlices } from "../src/registration/client-slices.js";
import { besideLast, type BenchOptions, perSecond, planOf, race, rowOf, type Size, type Table } from "./measure.js";
import { below, distinctBelow, pick, seededRandom } from "./random.js";

/*
 * Goals: what it costs to decide for all slices of a server whether they select a topics-list that it has not met before, as
 * groups and as registered clients ask it, beside the fastest thing that JavaScript can do slice by slice: a function written
 * for each, compiled by the engine. How long one decision takes at most right after a slice has come, gone or changed.
 *
 * Non-goals: parsing, which is done once per request; time-windows, which count in loads only; SQL.
 *
 * A decision is one slice over one topics-list. The index gives the decisions that were due, whether or not it had to look at
 * the slice: how little it looks at is its point.
 */

const TOPICS = 1_000;
const CLIENTS = 64;

export async function benchSlices({ size, seed }: BenchOptions): Promise<Table[]> {
  const random = seededRandom(seed);
  const lists = Array.from({ length: size === "full" ? 1_000 : 20 }, () => randomTopicsList(random));
  const clients = randomSlices(random, CLIENTS);
  const many = randomSlices(random, size === "full" ? 10_000 : 100);
  return [
    { ...(await decisions(clients, lists, size)), target: "at least 300 million decisions/s" },
    await decisions(many, lists.slice(0, 20), size),
    pauses(clients, lists, random, size),
  ];
}

async function decisions(slices: readonly TopicsSlice[], lists: readonly string[][], size: Size): Promise<Table> {
  const functions = slices.map(({ expression }) => compiled(expression));
  const held = lists.map(topicsHeld);
  const contestant = (name: string, work: () => number) => ({
    name,
    run: (ms: number) => perSecond(ms, slices.length * lists.length, work),
  });
  const index = indexOf(slices);
  const registered = slices.length <= CLIENTS ? clientsOf(slices) : undefined;
  const contestants = [
    contestant("SubscriptionIndex", () => countIndexed(index, lists)),
    ...(registered ? [contestant("ClientSlices", () => countMasks(registered, lists))] : []),
    contestant("TopicsSlice.selectsHeld on every slice", () => countEvaluated(slices, held)),
    contestant("a compiled function for every slice", () => countCompiled(functions, held)),
  ];
  const title = `${slices.length.toLocaleString("en-US")} slices over random topics-lists of 3 to 8 out of ${TOPICS} topics`;
  return { title, rows: await race("decisions/s", contestants, planOf(size)) };
}

/** Changes one slice after the other: the change itself counts, and each decision that follows. */
function pauses(slices: readonly TopicsSlice[], lists: readonly string[][], random: Random, size: Size): Table {
  const clients = clientsOf(slices);
  const index = new SubscriptionIndex<TopicsSlice>();
  const subscriptions = slices.map((slice) => index.add(slice.expression, slice));
  const contestants = [
    {
      name: "ClientSlices",
      change: (bit: number, slice: TopicsSlice) => clients.set(bit, slice),
      decide: (list: readonly string[]) => clients.masks(list)[0].sel,
    },
    {
      name: "SubscriptionIndex",
      change: (bit: number, slice: TopicsSlice) => {
        index.remove(subscriptions[bit]!);
        subscriptions[bit] = index.add(slice.expression, slice);
      },
      decide: (list: readonly string[]) => index.subscribersTo(list).length,
    },
    // What this process is held up by without any of it.
    { name: "neither: lists are counted", change: () => undefined, decide: (list: readonly string[]) => list.length },
  ];
  const changes = randomSlices(random, size === "full" ? 200 : 20);
  const longestMs = ({ change, decide }: (typeof contestants)[number]): number => {
    let longest = 0;
    for (const slice of changes) {
      longest = Math.max(
        longest,
        durationMs(() => change(below(random, CLIENTS), slice)),
      );
      for (const list of lists.slice(0, 20))
        longest = Math.max(
          longest,
          durationMs(() => decide(list)),
        );
    }
    return longest;
  };
  const rows = contestants.map((contestant) =>
    rowOf(
      contestant.name,
      "ms",
      Array.from({ length: planOf(size).runs }, () => longestMs(contestant)),
    ),
  );
  return {
    title: `the longest step of ${changes.length} times replacing one of ${CLIENTS} slices and deciding on 20 lists`,
    target: "no pause over 5 ms",
    rows: besideLast(rows),
  };
}

function durationMs(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function randomSlices(random: Random, count: number): TopicsSlice[] {
  return Array.from({ length: count }, () => parseTopicsSlice(randomSlice(random, 3)));
}

function indexOf(slices: readonly TopicsSlice[]): SubscriptionIndex<TopicsSlice> {
  const index = new SubscriptionIndex<TopicsSlice>();
  for (const slice of slices) index.add(slice.expression, slice);
  return index;
}

function clientsOf(slices: readonly TopicsSlice[]): ClientSlices {
  const clients = new ClientSlices();
  for (const [bit, slice] of slices.entries()) clients.set(bit, slice);
  return clients;
}

function countIndexed(index: SubscriptionIndex<TopicsSlice>, lists: readonly string[][]): number {
  let selected = 0;
  for (const list of lists) selected += index.subscribersTo(list).length;
  return selected;
}

function countMasks(clients: ClientSlices, lists: readonly string[][]): number {
  let selected = 0;
  for (const list of lists) selected += clients.masks(list)[0].sel & 1;
  return selected;
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
