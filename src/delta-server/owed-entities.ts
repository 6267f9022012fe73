import type { Cache } from "../cache-server/cache.js";
import { SlotSet } from "../cache-server/slot-set.js";
import type { RegistrationTable } from "../registration/registration-table.js";
import { topicsInLoads } from "../topics/topics-in-loads.js";
import type { TopicsSlice } from "../topics/topics-slice.js";

/** What a load asks about each entity that the client may be owed. */
export interface OwedQuestion {
  readonly bit: number;
  readonly slice: TopicsSlice;
  /** Milliseconds since 1970 that time-windows are counted from. */
  readonly nowMs: number;
  /** Tells whether an entity, by its slot in the cache, has changed since the client was given it. */
  readonly isChanged: (slot: number) => boolean;
  /** Whether the client may have missed changes of entities that are vetoed now: then it is not synchronized on them. */
  readonly vetoUnsynchronizes: boolean;
  /** Whether the client stays registered on entities that the cache does not hold. */
  readonly keepsUnheld: boolean;
}

/**
 * Gives the slots of the entities that a registered client is owed: selected or registered, not vetoed, and either not
 * synchronized or changed. From then on the client is registered and synchronized on them.
 */
export class OwedEntities {
  readonly #cache: Cache;
  readonly #table: RegistrationTable;

  constructor(cache: Cache, table: RegistrationTable) {
    this.#cache = cache;
    this.#table = table;
  }

  collect(question: OwedQuestion): SlotSet {
    const owed = new SlotSet();
    const selected = this.#cache.selectSlots(question.slice, question.nowMs);
    this.#collectSelected(question, selected, owed);
    this.#collectRegistered(question, selected, owed);
    return owed;
  }

  #collectSelected({ bit, isChanged }: OwedQuestion, selected: SlotSet, owed: SlotSet): void {
    selected.forEach((slot) => {
      if (this.#table.isSynchronized(slot, bit) && !isChanged(slot)) return;
      this.#table.putAt(slot, bit, "synchronized");
      owed.add(slot);
    });
  }

  #collectRegistered(question: OwedQuestion, selected: SlotSet, owed: SlotSet): void {
    const { bit, slice, isChanged, vetoUnsynchronizes, keepsUnheld } = question;
    const isVetoed = this.#vetoes(slice);
    this.#table.forEachRegistered(bit, (slot) => {
      if (!this.#cache.holds(slot)) {
        if (!keepsUnheld) this.#table.dropAt(slot, bit);
        return;
      }
      if (selected.has(slot)) return;
      if (isVetoed(this.#cache.topicsListOf(slot))) {
        if (vetoUnsynchronizes) this.#table.putAt(slot, bit, "registered");
      } else if (!this.#table.isSynchronized(slot, bit) || isChanged(slot)) {
        this.#table.putAt(slot, bit, "synchronized");
        owed.add(slot);
      }
    });
  }

  /** Tells of each topics-list, by its number, whether a slice vetoes it. */
  #vetoes(slice: TopicsSlice): (list: number) => boolean {
    const known = new Map<number, boolean>();
    return (list) => {
      let isVetoed = known.get(list);
      if (isVetoed === undefined) {
        const topics = this.#cache.topicsOfList(list);
        known.set(list, (isVetoed = slice.excludesAny(topics) && !slice.selectsHeld(topicsInLoads(slice, topics))));
      }
      return isVetoed;
    };
  }
}
