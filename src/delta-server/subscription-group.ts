import type { LiveDistError } from "../base/errors.js";
import type { MayGive } from "../cache-server/body-reader.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { UnregisteredTracking } from "./decide.js";
import type { LogWindow } from "./log-window.js";
import { whereSelected } from "./may-give.js";
import { RowHits } from "./row-frame.js";
import { type PendingEntries, StreamEntries, type StreamEntry } from "./stream-entries.js";
import type { WindowRow } from "./window-row.js";

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
  #failure: LiveDistError | undefined;
  readonly #mayGive: MayGive;
  readonly #entries: StreamEntries;

  constructor(slice: TopicsSlice, tracking: UnregisteredTracking, sinceSequence: number) {
    this.slice = slice;
    this.tracking = tracking;
    this.#mayGive = whereSelected(slice);
    this.#entries = new StreamEntries(sinceSequence);
  }

  /** Adds what the group is given of a new row. */
  push(row: WindowRow, hits: RowHits): void {
    this.#entries.push(hits.entry(row, this.#mayGive));
  }

  /** Tells whether a position can be served from memory: from the window, or because nothing for the group has left it since. */
  reachesBackTo(position: number, window: LogWindow): boolean {
    return position >= Math.min(this.#entries.sinceSequence, window.startSequence);
  }

  /** Gives the entries after a position that the group reaches back to. */
  after(position: number, window: LogWindow): readonly StreamEntry[] {
    if (position < this.#entries.sinceSequence) this.#fillFrom(position, window);
    const entries = this.#entries.after(position);
    this.trim(window);
    return entries;
  }

  /** Tells what stands behind a position, without taking it. */
  pendingAfter(position: number): PendingEntries {
    return this.#entries.pendingAfter(position);
  }

  onWake(callback: () => void): () => void {
    return this.#entries.onWake(callback);
  }

  wake(): void {
    this.#entries.wake();
  }

  /** Ends it, for all who read it: it is not known what they missed. */
  end(failure: LiveDistError): void {
    this.#failure = failure;
  }

  /** Throws what it was ended with. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  trim(window: LogWindow): void {
    this.#entries.trim(window);
  }

  /** Decides on rows of the window that entered before the group was there. */
  #fillFrom(position: number, window: LogWindow): void {
    const missed: StreamEntry[] = [];
    for (const row of window.after(position, this.#entries.sinceSequence)) {
      const hits = RowHits.of(row, this.tracking, this.slice);
      if (hits.isEmpty) continue;
      const { frameBytes } = row;
      missed.push(hits.entry(row, this.#mayGive));
      window.hold(row.sequence, row.frameBytes - frameBytes);
    }
    this.#entries.prepend(missed, position);
  }
}
