import { SLICE_MASKS_MAX } from "../base/limits.js";
import { isRoutingTopic, routedTopic } from "../topics/topics-list.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { halfOf, maskOf } from "./client-bit.js";
import type { HalfMasks, SliceMasks } from "./slice-masks.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A topics-list as slices are evaluated over it. */
interface Topics {
  /** All, `#T` read as `T`. */
  readonly routed: ReadonlySet<string>;
  /** Those of the application. */
  readonly app: ReadonlySet<string>;
  /** Those marked `#`, without the mark. */
  readonly loop: ReadonlySet<string>;
}

/**
 * The slices in force of the registered clients, by bit. It remembers what they say of a topics-list: applications use few
 * lists for many entities, and a delta then costs one look-up however many clients there are.
 */
export class ClientSlices {
  readonly #slices = new Map<number, TopicsSlice>();
  /** By the topics joined by commas; no topic has one. */
  readonly #masks = new Map<string, SliceMasks>();

  /** Gives the slice of a client, or undefined where the client has none. */
  get(bit: number): TopicsSlice | undefined {
    return this.#slices.get(bit);
  }

  /** Sets the slice of a client. */
  set(bit: number, slice: TopicsSlice): void {
    this.#slices.set(bit, slice);
    this.#masks.clear();
  }

  /** Takes away the slice of a client, where it has one. */
  remove(bit: number): void {
    this.#slices.delete(bit);
    this.#masks.clear();
  }

  /** Tells what the slices say of a delta's whole topics-list, `#T` included, as in steady state: time-windows are true. */
  masks(topicsList: readonly string[]): SliceMasks {
    const key = topicsList.join(",");
    const known = this.#masks.get(key);
    if (known) return known;
    const masks = this.#evaluate(readTopics(topicsList));
    if (this.#masks.size >= SLICE_MASKS_MAX) this.#masks.clear();
    this.#masks.set(key, masks);
    return masks;
  }

  #evaluate(topics: Topics): SliceMasks {
    const masks = [noMasks(), noMasks()] as const;
    for (const [bit, slice] of this.#slices) evaluate(slice, topics, maskOf(bit), masks[halfOf(bit)]);
    return masks;
  }
}

function noMasks(): HalfMasks {
  return { sel: 0, selApp: 0, vetoApp: 0, vetoLoop: 0 };
}

function readTopics(topicsList: readonly string[]): Topics {
  const app = new Set<string>();
  const loop = new Set<string>();
  for (const topic of topicsList) (isRoutingTopic(topic) ? loop : app).add(routedTopic(topic));
  return { app, loop, routed: loop.size === 0 ? app : new Set([...app, ...loop]) };
}

/** Adds what the slice of one client says. A veto counts only where the slice does not select what it is of. */
function evaluate(slice: TopicsSlice, topics: Topics, client: number, masks: Mutable<HalfMasks>): void {
  const { routed, app, loop } = topics;
  const selects = slice.selectsHeld(routed);
  const selectsApp = routed === app ? selects : slice.selectsHeld(app);
  if (selects) masks.sel |= client;
  if (selectsApp) masks.selApp |= client;
  if (!selectsApp && slice.excludesAny(app)) masks.vetoApp |= client;
  if (!selects && slice.excludesAny(loop)) masks.vetoLoop |= client;
}
