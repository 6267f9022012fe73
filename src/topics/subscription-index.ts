import { assert } from "../base/assert.js";
import { evaluate, type TopicsHeld } from "./evaluate.js";
import type { Expression } from "./expression.js";
import { type Asked, follow, type Next, StepWriter } from "./slice-steps.js";

/** A subscriber's slice in an index, by which it is taken out again. */
export interface Subscription<S> {
  readonly subscriber: S;
  readonly expression: Expression;
  /** The topics of its steps, each as often as it is used. */
  readonly topics: IndexedTopic<S>[];
  readonly filings: Filing<S>[];
  /** The last round of `selecting` that met it, and under how many topics it was tried in it. */
  round: number;
  tries: number;
}

/** A topic that slices name. */
export interface IndexedTopic<S, Note = unknown> extends Asked {
  readonly name: string;
  uses: number;
  /** Those who need it. */
  readonly filings: Filing<S>[];
  /** What the owner of the index notes of it. */
  note: Note | undefined;
}

/** A subscription under a topic that it needs. */
interface Filing<S> {
  readonly subscription: Subscription<S>;
  readonly topic: IndexedTopic<S>;
  /** What is left to be asked of a list that has the topic. */
  readonly next: Next<Asked>;
  /** Where it stands among the filings of the topic. */
  place: number;
}

/** From so many on, evaluating the whole slice costs less than going on with what is left of it under each topic. */
const TRIES_MAX = 8;

/**
 * Finds the subscribers whose slices select a topics-list, at a cost that grows with those that may and not with all. A slice is
 * filed under the topics that it needs, one of which is in every list that it selects, each with what is still to be asked then;
 * so neither does the cost grow with how many topics a slice joins by `+`. Adding and removing touch the slice's own topics only.
 *
 * One list at a time is at hand: `begin`, then `hold` for each of its topics, then `selecting`; or `subscribersTo` for all of it.
 */
export class SubscriptionIndex<S, Note = never> {
  readonly #topics = new Map<string, IndexedTopic<S, Note>>();
  /** The number of the list at hand: so nothing has to be taken back from the list before. */
  #list = 0;
  #round = 0;
  /** Its topics that somebody needs, `#neededCount` of them; the array stays, since emptying it would cost more than a list does. */
  readonly #needed: IndexedTopic<S, Note>[] = [];
  #neededCount = 0;
  readonly #topicsHeld: TopicsHeld = { has: (name) => this.#topics.get(name)!.list === this.#list };

  /** How many topics the slices name. */
  get topicsCount(): number {
    return this.#topics.size;
  }

  /** Files a subscriber under a slice's expression. */
  add(expression: Expression, subscriber: S): Subscription<S> {
    const subscription: Subscription<S> = { subscriber, expression, topics: [], filings: [], round: 0, tries: 0 };
    const writer = new StepWriter((name) => {
      const topic = this.#use(name);
      subscription.topics.push(topic);
      return topic;
    });
    writer.file(expression, (topic, next) => {
      const filing = { subscription, topic, next, place: topic.filings.length };
      topic.filings.push(filing);
      subscription.filings.push(filing);
    });
    return subscription;
  }

  /** Takes a subscription out again, once, and leaves nothing of it behind. */
  remove({ filings, topics }: Subscription<S>): void {
    assert(filings.length > 0, "a subscription is removed once");
    for (const { topic, place } of filings) {
      // The last one takes its place: no other has to move.
      const last = topic.filings.pop()!;
      if (place === topic.filings.length) continue;
      topic.filings[place] = last;
      last.place = place;
    }
    filings.length = 0;
    for (const topic of topics) if (--topic.uses === 0) this.#topics.delete(topic.name);
  }

  /** Gives each subscriber whose slice selects a list, given without `#`, as in steady state: time-windows are true. */
  subscribersTo(topics: readonly string[]): readonly S[] {
    if (this.#topics.size === 0) return nobody;
    this.begin();
    for (const name of topics) this.hold(name);
    return this.selecting();
  }

  /** Gives what is known of a topic, given without `#`; undefined where no slice names it. */
  topic(name: string): IndexedTopic<S, Note> | undefined {
    return this.#topics.get(name);
  }

  /** Takes an empty list at hand. */
  begin(): void {
    this.#list++;
    this.#neededCount = 0;
  }

  /** Adds a topic, given without `#`, to the list at hand, and gives what `topic` gives. */
  hold(name: string): IndexedTopic<S, Note> | undefined {
    const topic = this.#topics.get(name);
    if (topic === undefined) return undefined;
    topic.list = this.#list;
    if (topic.filings.length > 0) this.#needed[this.#neededCount++] = topic;
    return topic;
  }

  /** Gives each subscriber whose slice selects the list at hand. */
  selecting(): readonly S[] {
    let selecting: S[] | undefined;
    this.#round++;
    for (let at = 0; at < this.#neededCount; at++) {
      for (const { subscription, next } of this.#needed[at]!.filings) {
        if (!this.#selects(subscription, next)) continue;
        if (selecting === undefined) selecting = [subscription.subscriber];
        else selecting.push(subscription.subscriber);
      }
    }
    return selecting ?? nobody;
  }

  #selects(subscription: Subscription<S>, next: Next<Asked>): boolean {
    if (subscription.round !== this.#round) {
      subscription.round = this.#round;
      subscription.tries = 0;
    }
    if (subscription.tries === TRIES_MAX) return false;
    subscription.tries++;
    const isLast = subscription.tries === TRIES_MAX;
    const selects = isLast ? evaluate(subscription.expression, this.#topicsHeld) : follow(next, this.#list);
    if (selects) subscription.tries = TRIES_MAX;
    return selects;
  }

  #use(name: string): IndexedTopic<S, Note> {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { name, list: 0, uses: 0, filings: [], note: undefined };
      this.#topics.set(name, topic);
    }
    topic.uses++;
    return topic;
  }
}

const nobody: readonly never[] = [];
