import { SLICE_MASKS_MAX } from "../base/limits.js";
import { isRoutingTopic, routedTopic } from "../topics/topics-list.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { clientOf, type Half, lowestBit, maskOf } from "./client-bit.js";
import type { HalfMasks, SliceMasks } from "./slice-masks.js";
import { TopicMasks } from "./topic-masks.js";

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
 * The slices in force of the registered clients, by bit. Of a topics-list it evaluates only those that may select it, and then
 * remembers what they said: applications use few lists for many entities.
 */
export class ClientSlices {
  readonly #slices = new Map<number, TopicsSlice>();
  /** Whose slices may select a list with this topic. */
  readonly #needed = new TopicMasks();
  /** Whose slices have this topic under `!`. */
  readonly #excluded = new TopicMasks();
  /** By the topics joined by commas; no topic has one. */
  readonly #masks = new Map<string, SliceMasks>();

  /** Gives the slice of a client, or undefined where the client has none. */
  get(bit: number): TopicsSlice | undefined {
    return this.#slices.get(bit);
  }

  /** Sets the slice of a client. */
  set(bit: number, slice: TopicsSlice): void {
    this.remove(bit);
    this.#slices.set(bit, slice);
    this.#needed.add(slice.needed, bit);
    this.#excluded.add(slice.excludedTopics, bit);
  }

  /** Takes away the slice of a client, where it has one. */
  remove(bit: number): void {
    const slice = this.#slices.get(bit);
    this.#masks.clear();
    if (!slice) return;
    this.#slices.delete(bit);
    this.#needed.remove(slice.needed, bit);
    this.#excluded.remove(slice.excludedTopics, bit);
  }

  /** Tells what the slices say of a delta's whole topics-list, `#T` included, as in steady state: time-windows are true. */
  masks(topicsList: readonly string[]): SliceMasks {
    const key = topicsList.join(",");
    const known = this.#masks.get(key);
    if (known) return known;
    const topics = readTopics(topicsList);
    const masks = [this.#evaluate(topics, 0), this.#evaluate(topics, 1)] as const;
    if (this.#masks.size >= SLICE_MASKS_MAX) this.#masks.clear();
    this.#masks.set(key, masks);
    return masks;
  }

  #evaluate({ routed, app, loop }: Topics, half: Half): HalfMasks {
    let sel = 0;
    let selApp = 0;
    for (let left = this.#needed.ofAny(routed, half); left !== 0; left &= left - 1) {
      const bit = lowestBit(left);
      const slice = this.#slices.get(clientOf(half, bit))!;
      const selects = slice.selectsHeld(routed);
      if (selects) sel |= maskOf(bit);
      if (routed === app ? selects : slice.selectsHeld(app)) selApp |= maskOf(bit);
    }
    // A veto counts only where the slice does not select what it is of.
    const vetoApp = this.#excluded.ofAny(app, half) & ~selApp;
    const vetoLoop = this.#excluded.ofAny(loop, half) & ~sel;
    return { sel, selApp, vetoApp, vetoLoop };
  }
}

function readTopics(topicsList: readonly string[]): Topics {
  const app = new Set<string>();
  const loop = new Set<string>();
  for (const topic of topicsList) (isRoutingTopic(topic) ? loop : app).add(routedTopic(topic));
  return { app, loop, routed: loop.size === 0 ? app : new Set([...app, ...loop]) };
}
