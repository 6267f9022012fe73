import type { TopicsHeld } from "../topics/evaluate.js";
import { FATHER_TOPIC } from "../topics/routing-topics.js";
import { topicsInLoads } from "../topics/topics-in-loads.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { TopicsTable } from "./topics-table.js";

/** What a selection may depend on beyond topics. */
export interface SelectOptions {
  /** Leaves out the slots for which it gives false. */
  readonly accept?: (slot: number) => boolean;
  /** What time-windows look at, in milliseconds since 1970-01-01 UTC. Without it, as in steady state, they are true (guide §2.1.2). */
  readonly times?: { readonly nowMs: number; readonly updateTimeMsOf: (slot: number) => number };
}

/**
 * Gives the slots whose topics-list a slice selects, in no order. The slice is evaluated once for each distinct list that has
 * one of the topics it needs; only in lists that it may select is anything asked about single slots (guide §2.1.1, §2.2). Of a
 * slice that needs the father topic these are all lists.
 */
export function selectSlots(
  table: TopicsTable,
  slice: Pick<TopicsSlice, "topics" | "needed" | "hasTimeWindow" | "selectsHeld">,
  { accept, times }: SelectOptions = {},
): Uint32Array {
  const found = new SlotsFound();
  let held: TopicsHeld = new Set();
  const moment = { updateTimeMs: 0, nowMs: times?.nowMs ?? 0 };
  const isInTime = (slot: number): boolean => {
    if (!times || !slice.hasTimeWindow) return true;
    moment.updateTimeMs = times.updateTimeMsOf(slot);
    return slice.selectsHeld(held, moment);
  };
  const look = (slot: number): void => {
    if (isInTime(slot) && (!accept || accept(slot))) found.add(slot);
  };
  const lookAt = (list: number): void => {
    held = topicsInLoads(slice, table.topicsOfList(list));
    // Time-windows only narrow: what is not selected while they are true is not selected at any time.
    if (slice.selectsHeld(held)) table.slotsOfList(list, look);
  };
  if (slice.needed.has(FATHER_TOPIC)) table.allLists(lookAt);
  else table.listsWithAnyTopic(slice.needed, lookAt);
  return found.toArray();
}

class SlotsFound {
  #slots = new Uint32Array(256);
  #count = 0;

  add(slot: number): void {
    if (this.#count === this.#slots.length) {
      const slots = new Uint32Array(this.#count * 2);
      slots.set(this.#slots);
      this.#slots = slots;
    }
    this.#slots[this.#count++] = slot;
  }

  toArray(): Uint32Array {
    return this.#slots.slice(0, this.#count);
  }
}
