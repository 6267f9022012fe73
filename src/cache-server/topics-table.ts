import { assert } from "../base/assert.js";
import type { HashSeed } from "../base/half-sip-hash.js";
import { Int32Column } from "../base/int32-column.js";
import { Chains, NO_ITEM } from "./chains.js";
import { DistinctTopicsLists } from "./distinct-topics-lists.js";
import { SlotSet } from "./slot-set.js";

/** Stands for "no topics-list". */
export const NO_LIST = NO_ITEM;

/**
 * Where one of so many slots is asked for, or more of them, all slots are looked at in their order: to go from slot to slot
 * along a chain costs that many times more each, since it jumps in memory.
 */
const SCANNED_PER_SLOT = 32;

/**
 * Keeps the topics-list of each slot, each distinct list once, and finds the slots that have a topic: a load looks at each
 * distinct list that has one of the topics it needs, and then only at the slots of those it selects (guide §2.2).
 *
 * Topics are taken as they are given: the cache server leaves out those of routing, which begin with `#`. Callbacks must not
 * change the table.
 */
export class TopicsTable {
  readonly #lists: DistinctTopicsLists;
  /** By slot: its list + 1 (0 where it has none). */
  readonly #listOfSlot = new Int32Column();
  readonly #slotsOfList = new Chains();
  /** By list: the number of its slots. */
  readonly #counts = new Int32Column();
  /** Above every slot that ever had a list. */
  #slotsEnd = 0;

  constructor(seed: HashSeed) {
    this.#lists = new DistinctTopicsLists(seed);
  }

  /** The number of distinct topics-lists. */
  get listCount(): number {
    return this.#lists.count;
  }

  /** The number of distinct topics. */
  get topicCount(): number {
    return this.#lists.topicCount;
  }

  /** Bytes of the tables; the texts of the topics do not count. */
  get heldBytes(): number {
    return this.#lists.heldBytes + this.#listOfSlot.heldBytes + this.#slotsOfList.heldBytes + this.#counts.heldBytes;
  }

  /** Sets the topics-list of a slot. Throws Limit where it, or the table, is too large; nothing changes then. */
  assign(slot: number, topics: readonly string[]): void {
    const before = this.listOf(slot);
    const list = this.#lists.intern(topics);
    if (list === before) return;
    // The list before goes last: topics that both have stay as they are.
    if (before !== NO_LIST) this.#unlink(slot, before);
    this.#link(slot, list);
    if (before !== NO_LIST) this.#removeUnused(before);
  }

  /** Forgets the topics-list of a slot, where it has one. */
  remove(slot: number): void {
    const list = this.listOf(slot);
    if (list === NO_LIST) return;
    this.#unlink(slot, list);
    this.#listOfSlot.set(slot, 0);
    this.#removeUnused(list);
  }

  /** Gives the number of a slot's topics-list, valid while a slot has it, or NO_LIST. */
  listOf(slot: number): number {
    return slot < this.#listOfSlot.length ? this.#listOfSlot.get(slot) - 1 : NO_LIST;
  }

  /** Gives the topics of a slot that has a topics-list, in their order. */
  topicsOf(slot: number): readonly string[] {
    return this.topicsOfList(this.listOf(slot));
  }

  /** Gives the topics of a list, in their order. */
  topicsOfList(list: number): readonly string[] {
    assert(this.countOfList(list) > 0, "the topics-list is in use");
    return this.#lists.topics(list);
  }

  /** Gives the number of slots that have a list. */
  countOfList(list: number): number {
    return list >= 0 && list < this.#counts.length ? this.#counts.get(list) : 0;
  }

  /** Gives the slots that have one of some lists. */
  slotsOfLists(lists: Iterable<number>): SlotSet {
    const all = [...lists];
    const count = all.reduce((sum, list) => sum + this.countOfList(list), 0);
    const found = new SlotSet(this.#slotsEnd);
    if (count * SCANNED_PER_SLOT >= this.#slotsEnd) this.#scanLists(all, found);
    else for (const list of all) this.#walkList(list, found);
    return found;
  }

  /** Calls back once for each list, that without topics included. */
  allLists(callback: (list: number) => void): void {
    for (let list = 0; list < this.#counts.length; list++) if (this.#counts.get(list) > 0) callback(list);
  }

  /** Calls back once for each list that has a topic. */
  listsWithTopic(topic: string, callback: (list: number) => void): void {
    this.#lists.forEachWithAny([topic], callback);
  }

  /** Calls back once for each list that has at least one of the topics. */
  listsWithAnyTopic(topics: Iterable<string>, callback: (list: number) => void): void {
    this.#lists.forEachWithAny(topics, callback);
  }

  #scanLists(lists: readonly number[], found: SlotSet): void {
    // By list + 1, as in the column: slots that have none have the 0.
    const isWanted = new Uint8Array(this.#counts.length + 1);
    for (const list of lists) isWanted[list + 1] = 1;
    for (let slot = 0; slot < this.#slotsEnd; slot++) {
      if (isWanted[this.#listOfSlot.get(slot)] === 1) found.add(slot);
    }
  }

  #walkList(list: number, found: SlotSet): void {
    for (let slot = this.#slotsOfList.first(list); slot !== NO_ITEM; slot = this.#slotsOfList.next(slot)) {
      found.add(slot);
    }
  }

  #link(slot: number, list: number): void {
    this.#slotsEnd = Math.max(this.#slotsEnd, slot + 1);
    this.#listOfSlot.reserve(slot + 1);
    this.#listOfSlot.set(slot, list + 1);
    this.#slotsOfList.add(list, slot);
    this.#counts.reserve(list + 1);
    this.#counts.set(list, this.#counts.get(list) + 1);
  }

  #unlink(slot: number, list: number): void {
    this.#slotsOfList.remove(list, slot);
    this.#counts.set(list, this.#counts.get(list) - 1);
  }

  #removeUnused(list: number): void {
    if (this.#counts.get(list) === 0) this.#lists.remove(list);
  }
}
