import type { LoadAnswer } from "../cache-server/load-frames.js";
import type { SlotSet } from "../cache-server/slot-set.js";
import { parseSubscription } from "../topics/everything.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { FullLoadRequest, LoadEntitiesRequest, PartialLoadRequest, SyncLoadRequest } from "../wire/requests.js";
import { changedEntities } from "./changed-entities.js";
import type { DeltaFeed } from "./delta-feed.js";
import type { DeltaServer } from "./delta-server.js";
import { whereSelected } from "./may-give.js";
import { namedEntities } from "./named-entities.js";
import { enteringSlots, leavingSlots } from "./slice-change.js";

/** The loads of clients without registration: nothing of them is kept (guide §2.2 to §2.4). */
export class UnregisteredLoads {
  readonly #delta: DeltaServer;

  constructor(delta: DeltaServer) {
    this.#delta = delta;
  }

  /** Gives everything that a slice selects. */
  fullLoad({ topicsSlice }: FullLoadRequest): Promise<LoadAnswer> {
    return Promise.resolve(this.#select(parseSubscription(topicsSlice)));
  }

  /** Gives what a slice selects and what has changed since. */
  syncLoad(request: SyncLoadRequest): LoadAnswer {
    const { cache, epoch, sequence, clock } = this.#delta;
    return changedEntities({ cache, epoch, sequence, nowMs: clock.now() }, request);
  }

  /**
   * Gives what the client is owed by its feed up to now, and what the new slice selects and the one before does not.
   */
  async partialLoad({ topicsSlice, newTopicsSlice }: PartialLoadRequest, feed: DeltaFeed): Promise<LoadAnswer> {
    const before = parseSubscription(topicsSlice);
    const slice = parseSubscription(newTopicsSlice);
    const owed: Uint8Array[] = [];
    for (;;) {
      const { frames, sequence } = await feed.next(0);
      for (const frame of frames) owed.push(frame);
      // Nothing waits between this and the selection: both are of the same sequence.
      if (sequence === this.#delta.sequence) return { ...this.#captured(this.#entering(before, slice), slice), owed };
    }
  }

  /** Gives the entities named that a slice selects, as it does in loads, its time-windows taken as true. */
  loadEntities({ topicsSlice, techIds }: LoadEntitiesRequest): LoadAnswer {
    const { cache, sequence } = this.#delta;
    const mayGive = whereSelected(parseSubscription(topicsSlice));
    const { slots, gone } = namedEntities(cache, techIds, mayGive);
    return { sequence, selection: cache.capture(slots), mayGive, gone };
  }

  /** Gives what one slice selects and another does not, whatever their time-windows say. */
  selectMinus(before: TopicsSlice, after: TopicsSlice): LoadAnswer {
    const { cache, sequence } = this.#delta;
    return { sequence, selection: cache.capture(leavingSlots(cache, before, after)) };
  }

  #select(slice: TopicsSlice): LoadAnswer {
    const { cache, clock } = this.#delta;
    return this.#captured(cache.selectSlots(slice, clock.now()), slice);
  }

  #entering(before: TopicsSlice, slice: TopicsSlice): SlotSet {
    const { cache, clock } = this.#delta;
    return enteringSlots(cache, before, slice, clock.now());
  }

  #captured(slots: SlotSet, slice: TopicsSlice): LoadAnswer {
    const { cache, sequence } = this.#delta;
    return { sequence, selection: cache.capture(slots), mayGive: whereSelected(slice) };
  }
}
