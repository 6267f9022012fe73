import type { LateFrame } from "./late-frame.js";
import { firstAfter, type LogWindow } from "./log-window.js";

/** A row of the log as those are given it who are given the same of it: one object for all of them. */
export interface StreamEntry {
  readonly sequence: number;
  /** Its ROW frames, as one piece. */
  readonly frame: Uint8Array | LateFrame;
}

/** What a client has not taken yet. */
export interface PendingEntries {
  /** Rows of the log. */
  readonly count: number;
  readonly firstSequence: number | undefined;
}

/** What the rows in the window have for a stream, in order, and who reads it. */
export class StreamEntries {
  #entries: StreamEntry[] = [];
  #sinceSequence: number;
  readonly #readers = new Set<() => void>();

  constructor(sinceSequence: number) {
    this.#sinceSequence = sinceSequence;
  }

  /** The entries are complete for positions from here on. */
  get sinceSequence(): number {
    return this.#sinceSequence;
  }

  push(entry: StreamEntry): void {
    this.#entries.push(entry);
  }

  /** Puts the entries after a sequence before the others. */
  prepend(entries: readonly StreamEntry[], sinceSequence: number): void {
    this.#entries = [...entries, ...this.#entries];
    this.#sinceSequence = sinceSequence;
  }

  /** Gives the entries after a position that is not before `sinceSequence`. */
  after(position: number): readonly StreamEntry[] {
    return this.#entries.slice(firstAfter(this.#entries, position));
  }

  /** Gives the first entry after a position, and how many there are; what has been let go of is not counted. */
  pendingAfter(position: number): PendingEntries {
    const at = firstAfter(this.#entries, position);
    return { count: this.#entries.length - at, firstSequence: this.#entries[at]?.sequence };
  }

  /** Gives the entry of a row, where there is one. */
  entryAt(sequence: number): StreamEntry | undefined {
    const entry = this.#entries[firstAfter(this.#entries, sequence - 1)];
    return entry?.sequence === sequence ? entry : undefined;
  }

  /** Lets go of the entries whose rows have left the window. A stream without any stays complete however far the window moves. */
  trim(window: LogWindow): void {
    const [oldest] = this.#entries;
    if (oldest === undefined || oldest.sequence > window.startSequence) return;
    const gone = firstAfter(this.#entries, window.startSequence);
    this.#sinceSequence = this.#entries[gone - 1]!.sequence;
    this.#entries = this.#entries.slice(gone);
  }

  /** Calls back at every `wake`; gives a function that ends it. */
  onWake(callback: () => void): () => void {
    this.#readers.add(callback);
    return () => void this.#readers.delete(callback);
  }

  /** Tells all who read that there may be more. */
  wake(): void {
    for (const callback of this.#readers) callback();
  }
}
