import { everything } from "../topics/everything.js";
import { type Subscription, SubscriptionIndex } from "../topics/subscription-index.js";
import { decide, type Decision, decideNone, decideTransition, type UnregisteredTracking } from "./decide.js";
import type { SubscriptionGroup } from "./subscription-group.js";
import type { WindowDelta } from "./window-row.js";

type OnDecision = (group: SubscriptionGroup, decision: Decision) => void;

/** Finds the subscription groups that a delta is for, and says what `decide` would say of each. */
export class GroupIndex {
  readonly #indexes: Readonly<Record<UnregisteredTracking, SubscriptionIndex<SubscriptionGroup>>> = {
    transition: new SubscriptionIndex(),
    none: new SubscriptionIndex(),
  };
  readonly #subscriptions = new Map<SubscriptionGroup, Subscription<SubscriptionGroup>>();
  /** The groups of proxies that receive everything: no topic leads to them. */
  readonly #ofEverything = new Set<SubscriptionGroup>();

  add(group: SubscriptionGroup): void {
    if (group.slice === everything) this.#ofEverything.add(group);
    else this.#subscriptions.set(group, this.#indexes[group.tracking].add(group.slice.expression, group));
  }

  remove(group: SubscriptionGroup): void {
    if (this.#ofEverything.delete(group)) return;
    this.#indexes[group.tracking].remove(this.#subscriptions.get(group)!);
    this.#subscriptions.delete(group);
  }

  /** Calls back once for each group whose slice has to do with a delta. */
  decide(delta: WindowDelta, onDecision: OnDecision): void {
    for (const group of this.#ofEverything) onDecision(group, decide(group.tracking, group.slice, delta));
    for (const group of this.#indexes.none.subscribersTo(delta.routedTopics)) onDecision(group, decideNone(delta));
    const { appTopics, oldAppTopics } = delta;
    const is = this.#indexes.transition.subscribersTo(appTopics);
    // Most deltas change no topics.
    if (oldAppTopics === appTopics) for (const group of is) onDecision(group, decideTransition(delta, true, true));
    else this.#decideMoved(delta, is, onDecision);
  }

  #decideMoved(delta: WindowDelta, is: readonly SubscriptionGroup[], onDecision: OnDecision): void {
    const left = new Set(delta.oldAppTopics && this.#indexes.transition.subscribersTo(delta.oldAppTopics));
    for (const group of is) onDecision(group, decideTransition(delta, left.delete(group), true));
    for (const group of left) onDecision(group, decideTransition(delta, true, false));
  }
}
