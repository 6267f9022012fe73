import { expect, it } from "vitest";
import { SPANS_MAX } from "../../../src/base/limits.js";
import { Spans } from "../../../src/site/proxy/spans.js";

it("R72: a position within a span is too old, its ends are not", () => {
  const spans = new Spans();
  spans.add({ from: 5, to: 9 });
  spans.add({ from: 9, to: 9 });
  expect([4, 5, 6, 8, 9, 10].map((position) => spans.reachBackTo(position))).toEqual([
    true,
    true,
    false,
    false,
    true,
    true,
  ]);
});

it("R72: who goes on over the end of a span is told of it", () => {
  const spans = new Spans();
  spans.add({ from: 5, to: 9 });
  spans.add({ from: 12, to: 20 });
  expect(spans.between(4, 9)).toEqual([{ from: 5, to: 9 }]);
  expect(spans.between(9, 19)).toEqual([]);
  expect(spans.between(9, Infinity)).toEqual([{ from: 12, to: 20 }]);
});

it("forgets the oldest of very many, and then does not vouch for what is before", () => {
  const spans = new Spans();
  for (let at = 0; at <= SPANS_MAX; at++) spans.add({ from: at * 10, to: at * 10 + 5 });
  expect([3, 4, 5, 6].map((position) => spans.reachBackTo(position))).toEqual([false, false, true, true]);
});
