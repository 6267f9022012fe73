import { SPANS_MAX } from "../../base/limits.js";

/** A part of the mother's log, from behind `from` up to `to`, of which a proxy knows only what it comes to. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The parts of the log that a proxy received as one load (protocol: proxies). Where an edge stands within one, nobody can say
 * what it misses: an entity may have changed before it and changed back after it.
 */
export class Spans {
  #spans: Span[] = [];
  /** Before it, too many spans are forgotten. */
  #knownFrom = 0;

  /** Adds one that ends behind all others. */
  add(span: Span): void {
    if (span.to <= span.from) return;
    this.#spans.push(span);
    if (this.#spans.length <= SPANS_MAX) return;
    this.#knownFrom = this.#spans[0]!.to;
    this.#spans = this.#spans.slice(1);
  }

  /** Tells whether the log goes on from a position without a hole. */
  reachBackTo(position: number): boolean {
    return position >= this.#knownFrom && !this.#spans.some(({ from, to }) => position > from && position < to);
  }

  /** Gives those that end behind one position and not behind another: who goes on between them has to know of them. */
  between(after: number, through: number): readonly Span[] {
    return this.#spans.filter(({ to }) => to > after && to <= through);
  }
}
