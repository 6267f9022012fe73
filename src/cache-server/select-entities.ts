import type { TopicsHeld } from "../topics/evaluate.js";
import { FATHER_TOPIC } from "../topics/routing-topics.js";
import { topicsInLoads } from "../topics/topics-in-loads.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { SlotSet } from "./slot-set.js";
import type { TopicsTable } from "./topics-table.js";

/** What a selection may depend on beyond topics. */
export interface SelectOptions {
  /** Leaves out the topics-lists for which it gives false. */
  readonly acceptList?: (list: number) => boolean;
  /** Leaves out the slots for which it gives false. */
  readonly accept?: (slot: number) => boolean;
  /** What time-windows look at, in milliseconds since 1970-01-01 UTC. Without it, as in steady state, they are true (guide §2.1.2). */
  readonly times?: { readonly nowMs: number; readonly updateTimeMsOf: (slot: number) => number };
}

type Slice = Pick<TopicsSlice, "topics" | "needed" | "hasTimeWindow" | "selectsHeld">;

/**
 * Gives the slots whose topics-list a slice selects. The slice is evaluated once for each distinct list that has one of the
 * topics it needs; only in lists that it may select is anything asked about single slots (guide §2.1.1, §2.2). Of a slice that
 * needs the father topic these are all lists.
 */
export function selectSlots(table: TopicsTable, slice: Slice, options: SelectOptions = {}): SlotSet {
  const { acceptList, accept, times } = options;
  const lists = new Map<number, TopicsHeld>();
  const lookAt = (list: number): void => {
    const held = topicsInLoads(slice, table.topicsOfList(list));
    // Time-windows only narrow: what is not selected while they are true is not selected at any time.
    if (slice.selectsHeld(held) && (!acceptList || acceptList(list))) lists.set(list, held);
  };
  if (slice.needed.has(FATHER_TOPIC)) table.allLists(lookAt);
  else table.listsWithAnyTopic(slice.needed, lookAt);
  const ofLists = table.slotsOfLists(lists.keys());
  const isInTime = times && slice.hasTimeWindow ? timesOf(table, slice, lists, times) : undefined;
  if (!isInTime && !accept) return ofLists;
  const found = new SlotSet();
  ofLists.forEach((slot) => {
    if ((!isInTime || isInTime(slot)) && (!accept || accept(slot))) found.add(slot);
  });
  return found;
}

/** Gives what tells of a slot with one of some lists whether its UpdateTime lies in the time-windows that it has to. */
function timesOf(
  table: TopicsTable,
  slice: Slice,
  lists: ReadonlyMap<number, TopicsHeld>,
  { nowMs, updateTimeMsOf }: NonNullable<SelectOptions["times"]>,
): (slot: number) => boolean {
  const moment = { updateTimeMs: 0, nowMs };
  return (slot) => {
    moment.updateTimeMs = updateTimeMsOf(slot);
    return slice.selectsHeld(lists.get(table.listOf(slot))!, moment);
  };
}
