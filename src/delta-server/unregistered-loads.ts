import type { LoadAnswer } from "../cache-server/load-frames.js";
import type { SelectOptions } from "../cache-server/select-entities.js";
import type { TimesMs } from "../topics/evaluate.js";
import { topicsInLoads } from "../topics/topics-in-loads.js";
import { parseSubscription } from "../topics/everything.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { FullLoadRequest, LoadEntitiesRequest, PartialLoadRequest, SyncLoadRequest } from "../wire/requests.js";
import { changedEntities } from "./changed-entities.js";
import type { DeltaFeed } from "./delta-feed.js";
import type { DeltaServer } from "./delta-server.js";
import { whereSelected } from "./may-give.js";
import { namedEntities } from "./named-entities.js";

/** No time-window has it: no comparison with it is true. */
const outside: TimesMs = { updateTimeMs: NaN, nowMs: 0 };

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
   * Gives what the client is owed by its feed up to now, and what the new slice selects and the one before does not. What
   * stood outside of the time-windows of the one before may never have been loaded: they count as false.
   */
  async partialLoad({ topicsSlice, newTopicsSlice }: PartialLoadRequest, feed: DeltaFeed): Promise<LoadAnswer> {
    const before = parseSubscription(topicsSlice);
    const slice = parseSubscription(newTopicsSlice);
    const owed: Uint8Array[] = [];
    for (;;) {
      const { frames, sequence } = await feed.next(0);
      for (const frame of frames) owed.push(frame);
      // Nothing waits between this and the selection: both are of the same sequence.
      if (sequence === this.#delta.sequence)
        return { ...this.#select(slice, { acceptList: this.#isNotSelectedBy(before, outside) }), owed };
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
    const slots = cache.selectSlots(before, undefined, { acceptList: this.#isNotSelectedBy(after) });
    return { sequence, selection: cache.capture(slots) };
  }

  #select(slice: TopicsSlice, accepted?: SelectOptions): LoadAnswer {
    const { cache, clock, sequence } = this.#delta;
    const selection = cache.capture(cache.selectSlots(slice, clock.now(), accepted));
    return { sequence, selection, mayGive: whereSelected(slice) };
  }

  /** Tells of a topics-list, by its number, whether a slice does not select it. */
  #isNotSelectedBy(slice: TopicsSlice, times?: TimesMs): (list: number) => boolean {
    const { cache } = this.#delta;
    return (list) => !slice.selectsHeld(topicsInLoads(slice, cache.topicsOfList(list)), times);
  }
}
