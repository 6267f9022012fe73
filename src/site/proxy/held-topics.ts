import { LiveDistError } from "../../base/errors.js";
import { PROXY_TOPICS_MAX } from "../../base/limits.js";
import { FATHER_TOPIC } from "../../topics/routing-topics.js";
import { EVERYTHING } from "../../topics/everything.js";
import type { TopicsSlice } from "../../topics/topics-slice.js";
import { topicsToHold } from "./topics-to-hold.js";

/** Selects nothing: what a proxy asks for while nobody has asked it for anything. */
const NOTHING = "nothing*!nothing";

interface HeldTopic {
  readonly isFixed: boolean;
  /** The sequence-number from which on the proxy has what the topic selects. */
  sinceSequence: number;
  usedMs: number;
}

/**
 * The topics that a proxy holds, since when, and when somebody needed them last (guide §8.3; protocol: proxies). It can serve a
 * slice where it holds the topics that this needs: one of them is in every topics-list that the slice selects, and the cache
 * holds whole topics-lists, so that `*` and `!` can always be answered.
 */
export class HeldTopics {
  readonly #isAll: boolean;
  readonly #topics = new Map<string, HeldTopic>();
  /** From where on everything is held, where everything is. */
  #allSince = Infinity;

  /** `fixed` are always wanted; undefined stands for everything. None is held before `hold`. */
  constructor(fixed: readonly string[] | undefined) {
    this.#isAll = fixed === undefined;
    for (const topic of fixed ?? []) this.#topics.set(topic, { isFixed: true, sinceSequence: Infinity, usedMs: 0 });
  }

  get count(): number {
    return this.#topics.size;
  }

  /** Writes the slice of everything that is held, and of `more` topics. */
  sliceText(more: Iterable<string> = []): string {
    if (this.#isAll) return EVERYTHING;
    const topics = new Set([...this.#topics.keys(), ...more]);
    return topics.size === 0 ? NOTHING : [...topics].join("+");
  }

  /**
   * Gives the topics that a slice needs and that are not held. Throws Request where it needs every entity, and the proxy receives by
   * topics: it would have to receive all of them.
   */
  missing(slice: TopicsSlice): string[] {
    if (this.#isAll) return [];
    const needed = this.#needed(slice);
    if (needed.has(FATHER_TOPIC)) {
      throw new LiveDistError(
        "Request",
        "this proxy receives by topics: who wants everything asks a server that has it",
      );
    }
    return [...needed].filter((topic) => !this.holds(topic));
  }

  /** Tells whether a topic is held, or will be with the first load. */
  holds(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Gives the sequence-number from which on the proxy has what a slice selects, whose topics it holds. */
  since(slice: TopicsSlice): number {
    if (this.#isAll) return this.#allSince;
    let since = 0;
    for (const topic of this.#needed(slice))
      since = Math.max(since, this.#topics.get(topic)?.sinceSequence ?? Infinity);
    return since;
  }

  /** Notes that somebody needs a slice. */
  use(slice: TopicsSlice, nowMs: number): void {
    if (this.#isAll) return;
    for (const topic of this.#needed(slice)) {
      const held = this.#topics.get(topic);
      if (held) held.usedMs = nowMs;
    }
  }

  /** Throws Limit where more topics would be held than a proxy may ask its mother for. */
  checkRoom(more: number): void {
    if (this.#topics.size + more <= PROXY_TOPICS_MAX) return;
    throw new LiveDistError("Limit", `a proxy receives at most PROXY_TOPICS_MAX, ${PROXY_TOPICS_MAX}, topics`);
  }

  /** Notes that topics were loaded, at a sequence-number. */
  hold(topics: Iterable<string>, sequence: number, nowMs: number): void {
    for (const topic of topics) {
      if (!this.#topics.has(topic)) this.#topics.set(topic, { isFixed: false, sinceSequence: sequence, usedMs: nowMs });
    }
  }

  /** Notes that everything asked for was loaded anew, at a sequence-number. */
  holdAll(sequence: number): void {
    this.#allSince = sequence;
    for (const held of this.#topics.values()) held.sinceSequence = sequence;
  }

  /** Takes away the topics that nobody has needed since a time, and gives them. */
  takeUnused(sinceMs: number): string[] {
    const unused: string[] = [];
    for (const [topic, { isFixed, usedMs }] of this.#topics) if (!isFixed && usedMs < sinceMs) unused.push(topic);
    for (const topic of unused) this.#topics.delete(topic);
    return unused;
  }

  #needed({ expression }: TopicsSlice): ReadonlySet<string> {
    return topicsToHold(expression, (topic) => this.holds(topic));
  }
}
