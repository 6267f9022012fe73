import { type Subscription, SubscriptionIndex } from "../topics/subscription-index.js";
import { isRoutingTopic, routedTopic } from "../topics/topics-list.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { halfOf, maskOf } from "./client-bit.js";
import { ClientSet } from "./client-set.js";
import type { SliceMasks } from "./slice-masks.js";

interface ClientSlice {
  readonly slice: TopicsSlice;
  readonly subscription: Subscription<number>;
}

/** The slices in force of the registered clients, by bit. */
export class ClientSlices {
  readonly #slices = new Map<number, ClientSlice>();
  /** Notes of a topic who has it under `!`. */
  readonly #index = new SubscriptionIndex<number, ClientSet>();
  readonly #selApp = new ClientSet();
  readonly #sel = new ClientSet();
  readonly #excludingApp = new ClientSet();
  readonly #excludingLoop = new ClientSet();
  readonly #masks = [noMasks(), noMasks()] as const;

  /** Gives the slice of a client, or undefined where the client has none. */
  get(bit: number): TopicsSlice | undefined {
    return this.#slices.get(bit)?.slice;
  }

  /** Sets the slice of a client. */
  set(bit: number, slice: TopicsSlice): void {
    this.remove(bit);
    this.#slices.set(bit, { slice, subscription: this.#index.add(slice.expression, bit) });
    for (const name of slice.excludedTopics) (this.#index.topic(name)!.note ??= new ClientSet()).add(bit);
  }

  /** Takes away the slice of a client, where it has one. */
  remove(bit: number): void {
    const before = this.#slices.get(bit);
    if (!before) return;
    for (const name of before.slice.excludedTopics) this.#index.topic(name)!.note!.remove(bit);
    this.#index.remove(before.subscription);
    this.#slices.delete(bit);
  }

  /**
   * Tells what the slices say of a delta's whole topics-list, `#T` included, as in steady state: time-windows are true. What it
   * gives is valid until the next call.
   */
  masks(topicsList: readonly string[]): SliceMasks {
    const hasLoop = this.#readApp(topicsList);
    if (hasLoop) this.#readLoop(topicsList);
    const sel = hasLoop ? this.#sel : this.#selApp;
    const excludingLoop = hasLoop ? this.#excludingLoop : nobody;
    const [low, high] = this.#masks;
    writeMasks(low, sel.low, this.#selApp.low, this.#excludingApp.low, excludingLoop.low);
    writeMasks(high, sel.high, this.#selApp.high, this.#excludingApp.high, excludingLoop.high);
    return this.#masks;
  }

  /** Reads the application's topics, and tells whether there are others. */
  #readApp(topicsList: readonly string[]): boolean {
    let hasLoop = false;
    let low = 0;
    let high = 0;
    this.#index.begin();
    for (const topic of topicsList) {
      const known = this.#index.hold(topic);
      if (known === undefined) hasLoop ||= isRoutingTopic(topic);
      else if (known.note !== undefined) {
        low |= known.note.low;
        high |= known.note.high;
      }
    }
    this.#excludingApp.become(low, high);
    this.#select(this.#selApp);
    return hasLoop;
  }

  /** Adds the topics marked `#` to those of the application. */
  #readLoop(topicsList: readonly string[]): void {
    let low = 0;
    let high = 0;
    for (const topic of topicsList) {
      if (!isRoutingTopic(topic)) continue;
      const note = this.#index.hold(routedTopic(topic))?.note;
      low |= note?.low ?? 0;
      high |= note?.high ?? 0;
    }
    this.#excludingLoop.become(low, high);
    this.#select(this.#sel);
  }

  #select(clients: ClientSet): void {
    let low = 0;
    let high = 0;
    for (const bit of this.#index.selecting()) {
      if (halfOf(bit) === 0) low |= maskOf(bit);
      else high |= maskOf(bit);
    }
    clients.become(low, high);
  }
}

const nobody = new ClientSet();

function noMasks() {
  return { sel: 0, selApp: 0, vetoApp: 0, vetoLoop: 0 };
}

function writeMasks(
  masks: ReturnType<typeof noMasks>,
  sel: number,
  selApp: number,
  excludingApp: number,
  excludingLoop: number,
): void {
  masks.sel = sel;
  masks.selApp = selApp;
  // A veto counts only where the slice does not select what it is of.
  masks.vetoApp = excludingApp & ~selApp;
  masks.vetoLoop = excludingLoop & ~sel;
}
