import { assert } from "../base/assert.js";
import { type GuidTable, NO_SLOT } from "../base/guid-table.js";
import { Int32Column } from "../base/int32-column.js";
import { REGISTERED_CLIENTS_MAX } from "../base/limits.js";
import { ClientSet } from "./client-set.js";
import { clientOf, type Half, halfOf, lowestBit, maskOf } from "./client-bit.js";

export { NO_SLOT };

/** How a client stands to an entity that it is registered on: `synchronized` where it has what the log says of it so far. */
export type Standing = "registered" | "synchronized";

/** Words of an entity: registered and synchronized of the low half, then of the high half. They share a line of the processor's cache. */
const WORDS = 4;
const SYNCHRONIZED = 1;
/** Slots that each call of `insert` looks through, after a `clear`, for those that nobody is registered on any more. */
const SLOTS_SWEPT = 32;

/**
 * Which of 64 clients are registered on which entities, and which of these are synchronized (guide §2.4): two masks of 64 bits for
 * each entity that has a client, no object, for tens of millions of entities. Synchronized clients are always registered ones.
 *
 * Tech-ids are 16 bytes within a Uint8Array at an offset; slots are those of their GuidTable, which the cache of the same entities
 * shares, so that whoever goes over the cache has the masks without a search. Whatever reads masks takes NO_SLOT too, as an entity
 * without clients.
 */
export class RegistrationTable {
  readonly #techIds: GuidTable;
  readonly #masks = new Int32Column();
  readonly #registeredCounts = new Int32Array(REGISTERED_CLIENTS_MAX);
  readonly #synchronizedCounts = new Int32Array(REGISTERED_CLIENTS_MAX);
  /** By page of masks: the clients that `clear` has ended and that still stand in it. */
  readonly #ended = new Map<Int32Array, ClientSet>();
  /** Entities that a client is registered on. Others linger where one has ended, until they are swept out. */
  #count = 0;
  #sweptTo = 0;
  #leftToSweep = 0;

  constructor(techIds: GuidTable) {
    this.#techIds = techIds;
    techIds.share((slot) => !this.#isEmpty(slot));
  }

  /** The number of entities that a client is registered on; of clients that `clear` has ended, until what they left is looked at. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the masks; those of the tech-ids do not count. */
  get heldBytes(): number {
    return this.#masks.heldBytes;
  }

  /** Gives the slot of an entity, or NO_SLOT where it has none: no client is registered on it. */
  find(bytes: Uint8Array, offset: number): number {
    return this.#techIds.find(bytes, offset);
  }

  /**
   * Gives the slot of an entity, which is entered where it is new; then `set` or `release` has to follow. Throws Limit where the
   * table is full.
   */
  insert(bytes: Uint8Array, offset: number): number {
    if (this.#leftToSweep > 0) this.#sweep();
    return this.#techIds.insert(bytes, offset);
  }

  /** Lets go of an entity that no client is registered on any more; others stay. */
  release(slot: number): void {
    this.#techIds.release(slot);
  }

  /** Gives which clients of a half are registered on an entity. */
  registered(slot: number, half: Half): number {
    return this.#hasMasks(slot) ? this.#pageOf(slot)[this.#masks.place(slot * WORDS) + half * 2]! : 0;
  }

  /** Gives which clients of a half are synchronized on an entity. */
  synchronized(slot: number, half: Half): number {
    return this.#hasMasks(slot) ? this.#pageOf(slot)[this.#masks.place(slot * WORDS) + half * 2 + SYNCHRONIZED]! : 0;
  }

  /** Sets the masks of a half. Where both halves may have become empty, `release` has to follow. */
  set(slot: number, half: Half, registered: number, synchronized: number): void {
    assert(this.#techIds.has(slot), "the slot is in use");
    assert((synchronized & ~registered) === 0, "synchronized clients are registered");
    if (!this.#hasMasks(slot)) {
      if (registered === 0) return;
      this.#masks.reserve((slot + 1) * WORDS);
    }
    const page = this.#pageOf(slot);
    const place = this.#masks.place(slot * WORDS);
    const at = place + half * 2;
    const before = page[at]!;
    const isOnlyHalf = page[place + 2 - half * 2] === 0;
    if (isOnlyHalf) this.#count += Number(before === 0) - Number(registered === 0);
    countChanges(this.#registeredCounts, half, before, registered);
    countChanges(this.#synchronizedCounts, half, page[at + SYNCHRONIZED]!, synchronized);
    page[at] = registered;
    page[at + SYNCHRONIZED] = synchronized;
  }

  isRegistered(slot: number, bit: number): boolean {
    return (this.registered(slot, halfOf(bit)) & maskOf(bit)) !== 0;
  }

  isSynchronized(slot: number, bit: number): boolean {
    return (this.synchronized(slot, halfOf(bit)) & maskOf(bit)) !== 0;
  }

  /** Registers a client on an entity, whatever it was before. Throws Limit where the table is full. */
  put(bytes: Uint8Array, offset: number, bit: number, standing: Standing): void {
    this.putAt(this.insert(bytes, offset), bit, standing);
  }

  /** Does what `put` does, for a slot in use. */
  putAt(slot: number, bit: number, standing: Standing): void {
    const half = halfOf(bit);
    const mask = maskOf(bit);
    const synchronized = this.synchronized(slot, half);
    this.set(
      slot,
      half,
      this.registered(slot, half) | mask,
      standing === "synchronized" ? synchronized | mask : synchronized & ~mask,
    );
  }

  /** Ends the registration of a client on an entity, where there is one. */
  drop(bytes: Uint8Array, offset: number, bit: number): void {
    const slot = this.find(bytes, offset);
    if (slot !== NO_SLOT) this.dropAt(slot, bit);
  }

  /** Does what `drop` does, for a slot in use. */
  dropAt(slot: number, bit: number): void {
    this.#takeAway(slot, bit);
    this.release(slot);
  }

  /**
   * Ends all registrations of a client, however many, at once: the client is taken out of a page of masks when one of them is next
   * looked at, and entities that had no other client out of the table as others are entered.
   */
  clear(bit: number): void {
    if (this.#registeredCounts[bit] === 0) return;
    for (let from = 0; from < this.#masks.length;) {
      const page = this.#masks.page(from);
      const ended = this.#ended.get(page) ?? new ClientSet();
      ended.add(bit);
      this.#ended.set(page, ended);
      // The first page may be replaced by a larger one.
      if (from === 0) this.#settlePage(page);
      from += page.length;
    }
    this.#registeredCounts[bit] = 0;
    this.#synchronizedCounts[bit] = 0;
    this.#leftToSweep = this.#masks.length / WORDS;
  }

  /**
   * Calls back for each entity that a client is registered on, in the order of slots. The callback may change the masks of that
   * slot, or drop it; entities that it enters are met or not.
   */
  forEachRegistered(bit: number, callback: (slot: number) => void): void {
    const half = halfOf(bit);
    const mask = maskOf(bit);
    if (this.#registeredCounts[bit] === 0) return;
    const end = this.#masks.length / WORDS;
    for (let slot = 0; slot < end; slot++) if ((this.registered(slot, half) & mask) !== 0) callback(slot);
  }

  /** Tells on how many entities a client is registered, and on how many of these it is synchronized. */
  counts(bit: number): { registered: number; synchronized: number } {
    return { registered: this.#registeredCounts[bit]!, synchronized: this.#synchronizedCounts[bit]! };
  }

  #takeAway(slot: number, bit: number): void {
    const half = halfOf(bit);
    const others = ~maskOf(bit);
    this.set(slot, half, this.registered(slot, half) & others, this.synchronized(slot, half) & others);
  }

  /** Takes out a few entities that nobody is registered on, where there are any. */
  #sweep(): void {
    const end = this.#masks.length / WORDS;
    for (let left = Math.min(SLOTS_SWEPT, this.#leftToSweep); left > 0; left--) {
      this.#leftToSweep--;
      if (this.#sweptTo >= end) this.#sweptTo = 0;
      const slot = this.#sweptTo++;
      if (this.#techIds.has(slot)) this.#techIds.release(slot);
    }
  }

  #hasMasks(slot: number): boolean {
    return slot !== NO_SLOT && slot * WORDS < this.#masks.length;
  }

  /** Gives the page with the masks of a slot, without clients that have ended. */
  #pageOf(slot: number): Int32Array {
    const page = this.#masks.page(slot * WORDS);
    if (this.#ended.size > 0) this.#settlePage(page);
    return page;
  }

  #settlePage(page: Int32Array): void {
    const ended = this.#ended.get(page);
    if (ended === undefined) return;
    this.#ended.delete(page);
    this.#count -= takeOut(page, ended);
  }

  #isEmpty(slot: number): boolean {
    return (this.registered(slot, 0) | this.registered(slot, 1)) === 0;
  }
}

/** Counts the clients of a half that a mask has now and had not before, and the other way round. */
function countChanges(counts: Int32Array, half: Half, before: number, mask: number): void {
  for (let changed = mask ^ before; changed !== 0; changed &= changed - 1) {
    const place = lowestBit(changed);
    counts[clientOf(half, place)]! += ((mask >>> place) & 1) === 1 ? 1 : -1;
  }
}

/** Takes clients out of all masks of a page; gives the number of entities that had no others. */
function takeOut(page: Int32Array, { low, high }: ClientSet): number {
  let emptied = 0;
  for (let at = 0; at < page.length; at += WORDS) {
    if (((page[at]! & low) | (page[at + 2]! & high)) === 0) continue;
    page[at]! &= ~low;
    page[at + SYNCHRONIZED]! &= ~low;
    page[at + 2]! &= ~high;
    page[at + 2 + SYNCHRONIZED]! &= ~high;
    if ((page[at]! | page[at + 2]!) === 0) emptied++;
  }
  return emptied;
}
