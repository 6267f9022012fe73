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

  /** Gives the entries after a position that the window reaches back to. */
  after(position: number, window: LogWindow): readonly GroupEntry[] {
    if (position < this.#sinceSequence) this.#fillFrom(position, window);
    this.#forget(window.startSequence);
    return this.#entries.slice(firstAfter(this.#entries, position));
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

  /** Lets go of the entries whose rows have left the window. */
  #forget(startSequence: number): void {
    if (startSequence <= this.#sinceSequence) return;
    const gone = firstAfter(this.#entries, startSequence);
    if (gone > 0) this.#entries = this.#entries.slice(gone);
    this.#sinceSequence = startSequence;
  }

  /** Lets go of what has left the window, also where nobody reads. */
  trim(window: LogWindow): void {
    this.#forget(window.startSequence);
  }
}
