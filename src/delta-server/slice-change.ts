import type { Cache } from "../cache-server/cache.js";
import { SlotSet } from "../cache-server/slot-set.js";
import type { RegistrationTable } from "../registration/registration-table.js";
import type { TimesMs } from "../topics/evaluate.js";
import { topicsInLoads } from "../topics/topics-in-loads.js";
import type { TopicsSlice } from "../topics/topics-slice.js";

/** No time-window has it: no comparison with it is true. */
const outside: TimesMs = { updateTimeMs: NaN, nowMs: 0 };

/**
 * Gives the slots of what one slice selects and the one before does not: what a PartialLoad brings a client without registration.
 * What stood outside of the time-windows of the one before may never have been loaded: they count as false.
 */
export function enteringSlots(cache: Cache, before: TopicsSlice, after: TopicsSlice, nowMs: number): SlotSet {
  return cache.selectSlots(after, nowMs, { acceptList: isNotSelectedBy(cache, before, outside) });
}

/** Gives the slots of what one slice selects and the one after does not, whatever their time-windows say: what SelectMinus names. */
export function leavingSlots(cache: Cache, before: TopicsSlice, after: TopicsSlice): SlotSet {
  return cache.selectSlots(before, undefined, { acceptList: isNotSelectedBy(cache, after) });
}

/**
 * Gives the slots of what a PartialLoad to another slice would bring a registered client, and changes nothing: what is selected or
 * registered, not vetoed, and not synchronized.
 */
export function owedSlots(
  cache: Cache,
  table: RegistrationTable,
  bit: number,
  after: TopicsSlice,
  nowMs: number,
): SlotSet {
  const owed = cache.selectSlots(after, nowMs, { accept: (slot) => !table.isSynchronized(slot, bit) });
  table.forEachRegistered(bit, (slot) => {
    if (table.isSynchronized(slot, bit) || !cache.holds(slot)) return;
    const topics = cache.topicsOfList(cache.topicsListOf(slot));
    if (!after.excludesAny(topics) || after.selectsHeld(topicsInLoads(after, topics))) owed.add(slot);
  });
  return owed;
}

/** Tells of a topics-list, by its number, whether a slice does not select it. */
function isNotSelectedBy(cache: Cache, slice: TopicsSlice, times?: TimesMs): (list: number) => boolean {
  return (list) => !slice.selectsHeld(topicsInLoads(slice, cache.topicsOfList(list)), times);
}
