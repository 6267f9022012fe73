import type { TopicsSlice } from "../topics/topics-slice.js";
import type { UnregisteredTracking } from "./decide.js";
import { firstAfter, type LogWindow } from "./log-window.js";
import { RowHits } from "./row-frame.js";
import type { WindowRow } from "./window-row.js";

/** A row as a group's clients are given it. */
export interface GroupEntry {
  readonly sequence: number;
  readonly frame: Uint8Array;
}

/**
 * All unregistered clients with the same slice and mode: they are given the same stream, decided on and encoded once. Holds
 * what it is given of the rows in the window, so that reading is a copy of references.
 */
export class SubscriptionGroup {
  readonly slice: TopicsSlice;
  readonly tracking: UnregisteredTracking;
  /** How many clients read from it now, and since when there was none. */
  users = 0;
  idleSinceMs = 0;
  #entries: GroupEntry[] = [];
  /** The entries are complete for positions from here on. */
  #sinceSequence: number;
  readonly #waiting = new Set<() => void>();

  constructor(slice: TopicsSlice, tracking: UnregisteredTracking, sinceSequence: number) {
    this.slice = slice;
    this.tracking = tracking;
    this.#sinceSequence = sinceSequence;
  }

  /** Adds what the group is given of a new row. */
  push(row: WindowRow, hits: RowHits): void {
    this.#entries.push({ sequence: row.sequence, frame: hits.frame(row) });
  }

  /** Tells whether a position can be served from memory: from the window, or because nothing for the group has left it since. */
  reachesBackTo(position: number, window: LogWindow): boolean {
    return position >= Math.min(this.#sinceSequence, window.startSequence);
  }

  /** Gives the entries after a position that the group reaches back to. */
  after(position: number, window: LogWindow): readonly GroupEntry[] {
    if (position < this.#sinceSequence) this.#fillFrom(position, window);
    const entries = this.#entries.slice(firstAfter(this.#entries, position));
    this.trim(window);
    return entries;
  }

  /** Calls back once at the next `wake`; gives a function that takes it back. */
  onWake(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => void this.#waiting.delete(callback);
  }

  /** Wakes all who wait for entries. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  /** Decides on rows of the window that entered before the group was there. */
  #fillFrom(position: number, window: LogWindow): void {
    const missed: GroupEntry[] = [];
    for (const row of window.after(position, this.#sinceSequence)) {
      const hits = RowHits.of(row, this.tracking, this.slice);
      if (!hits.isEmpty) missed.push({ sequence: row.sequence, frame: hits.frame(row) });
    }
    this.#entries = [...missed, ...this.#entries];
    this.#sinceSequence = position;
  }

  /** Lets go of the entries whose rows have left the window. A group without any stays complete however far the window moves. */
  trim(window: LogWindow): void {
    const gone = firstAfter(this.#entries, window.startSequence);
    if (gone === 0) return;
    this.#sinceSequence = this.#entries[gone - 1]!.sequence;
    this.#entries = this.#entries.slice(gone);
  }
}
