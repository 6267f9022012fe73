import { type LiveDistError, NotRegisteredError, SequenceTooOldError } from "../base/errors.js";
import type { MayGive } from "../cache-server/body-reader.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { LateFrame } from "./late-frame.js";
import type { LogWindow } from "./log-window.js";
import { unlessVetoed } from "./may-give.js";
import { type PendingEntries, StreamEntries, type StreamEntry } from "./stream-entries.js";

/** What a registration is made of. */
export type RegistrationParts = Pick<Registration, "clientId" | "bit" | "slice" | "sequence" | "stamp">;

/**
 * What is in force for a registered client from one of its loads to the next (protocol: stamps): its slice, and what it is given
 * of the rows that entered since. Which entities it is registered on stands in the RegistrationTable, under its bit.
 */
export class Registration {
  readonly clientId: string;
  readonly bit: number;
  readonly slice: TopicsSlice;
  /** The sequence-number of the load. */
  readonly sequence: number;
  /** Names the load to the client, which gives it back with every call. */
  readonly stamp: string;
  readonly mayGive: MayGive;
  readonly #window: LogWindow;
  readonly #entries: StreamEntries;
  readonly #readers = new Set<() => void>();
  #givenAloneAt = 0;
  #end: LiveDistError | undefined;

  constructor(parts: RegistrationParts, window: LogWindow) {
    this.clientId = parts.clientId;
    this.bit = parts.bit;
    this.slice = parts.slice;
    this.sequence = parts.sequence;
    this.stamp = parts.stamp;
    this.mayGive = unlessVetoed(parts.slice);
    this.#window = window;
    this.#entries = new StreamEntries(parts.sequence);
  }

  push(entry: StreamEntry): void {
    this.#entries.push(entry);
  }

  /** Gives the client entities that have not changed, for it alone. */
  pushAlone(entry: StreamEntry): void {
    this.noteGivenAlone(entry.sequence);
    this.push(entry);
    // Nobody else holds these bytes, and a client may ask for them again and again without fetching them.
    if (!(entry.frame instanceof LateFrame)) this.#window.hold(entry.sequence, entry.frame.length);
    this.trim();
  }

  /** Takes note that the client was given entities, at a sequence-number, that have not changed there. */
  noteGivenAlone(sequence: number): void {
    this.#givenAloneAt = sequence;
  }

  /**
   * Throws NotRegistered where, after a position, the client was given entities for itself alone: what changed since does not
   * say which, so that a load that leaves the deltas out would lose them.
   */
  checkChangesTellAll(position: number): void {
    if (position >= this.#givenAloneAt) return;
    throw new NotRegisteredError(
      `after position ${position} the client is given entities that it unregistered and its slice selects: name what is held`,
    );
  }

  /** Ends it: whoever reads it is told why, and nothing of it serves any more. */
  end(reason: LiveDistError): void {
    this.#end = reason;
    this.recheck();
  }

  /** Has every reader look whether it may still read. */
  recheck(): void {
    for (const callback of [...this.#readers]) callback();
    this.#entries.wake();
  }

  /** Calls back at every `recheck`; gives a function that ends it. */
  onRecheck(callback: () => void): () => void {
    this.#readers.add(callback);
    return () => void this.#readers.delete(callback);
  }

  /** Throws what it has ended with, if it has. */
  check(): void {
    if (this.#end) throw this.#end;
  }

  reachesBackTo(position: number): boolean {
    return position >= this.#entries.sinceSequence;
  }

  after(position: number): readonly StreamEntry[] {
    const entries = this.#entries.after(position);
    this.trim();
    return entries;
  }

  /** Tells what stands behind a position, without taking it. */
  pendingAfter(position: number): PendingEntries {
    return this.#entries.pendingAfter(position);
  }

  /** Gives what the client is given of a row: undefined is nothing. Known of rows after `knownSince` only. */
  entryAt(sequence: number): StreamEntry | undefined {
    return this.#entries.entryAt(sequence);
  }

  /** What was given of the rows up to here is forgotten, or was before the load. */
  get knownSince(): number {
    return this.#entries.sinceSequence;
  }

  /** Throws SequenceTooOld where it does not reach back to a position: what was decided on rows that left the window is forgotten. */
  checkReachesBackTo(position: number): void {
    if (!this.reachesBackTo(position)) throw this.tooOld(position);
  }

  trim(): void {
    this.#entries.trim(this.#window);
  }

  onWake(callback: () => void): () => void {
    return this.#entries.onWake(callback);
  }

  wake(): void {
    this.#entries.wake();
  }

  tooOld(position: number): SequenceTooOldError {
    const since = this.#entries.sinceSequence;
    return new SequenceTooOldError(
      `what this client is given is held from ${since} on; position ${position} is too old`,
    );
  }
}
