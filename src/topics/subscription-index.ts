import { assert } from "../base/assert.js";
import { routedTopic } from "./topics-list.js";

/** The part of a topics-slice that the index files a subscriber under. */
interface Filed {
  readonly needed: ReadonlySet<string>;
}

/**
 * Finds the subscribers whose slices may select a topics-list, at a cost that grows with these and not with all subscribers.
 * A subscriber is filed under the topics that its slice needs, one of which is in every list that the slice selects; it may be
 * filed with several slices at once.
 */
export class SubscriptionIndex<S> {
  /** For each topic its subscribers, and with how many of their slices they are filed under it. */
  readonly #subscribers = new Map<string, Map<S, number>>();

  /** How many topics have subscribers. */
  get topicsCount(): number {
    return this.#subscribers.size;
  }

  /** Files a subscriber. Each `add` wants one `remove` with the same slice. */
  add(slice: Filed, subscriber: S): void {
    for (const topic of slice.needed) {
      const subscribers = this.#subscribers.get(topic) ?? new Map<S, number>();
      this.#subscribers.set(topic, subscribers);
      subscribers.set(subscriber, (subscribers.get(subscriber) ?? 0) + 1);
    }
  }

  /** Takes back one `add` of this subscriber with this slice, and leaves nothing of it behind. */
  remove(slice: Filed, subscriber: S): void {
    for (const topic of slice.needed) {
      const subscribers = this.#subscribers.get(topic);
      const count = subscribers?.get(subscriber);
      assert(subscribers && count, "a subscriber is removed with a slice that it was added with");
      if (count > 1) subscribers.set(subscriber, count - 1);
      else subscribers.delete(subscriber);
      if (subscribers.size === 0) this.#subscribers.delete(topic);
    }
  }

  /** Gives each subscriber once whose slice may select one of these topics-lists; `#T` is read as `T`. */
  candidates(...topicsLists: readonly Iterable<string>[]): Set<S> {
    const candidates = new Set<S>();
    for (const topicsList of topicsLists) {
      for (const topic of topicsList) {
        const subscribers = this.#subscribers.get(routedTopic(topic));
        if (subscribers) for (const subscriber of subscribers.keys()) candidates.add(subscriber);
      }
    }
    return candidates;
  }
}
