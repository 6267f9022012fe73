import type { OldRows } from "./old-rows.js";
import type { StreamEntry } from "./stream-entries.js";

/** The stream that a feed reads: that of a subscription group, or of one registered client. */
export interface FeedSource {
  /** Aborts, with what `check` throws, when the stream ends, also where nobody reads. Absent where it does not end. */
  readonly ended?: AbortSignal;
  /** Throws where the stream has ended. */
  check(): void;
  /** Tells whether what follows a position is in memory. */
  reachesBackTo(position: number): boolean;
  /** Gives the entries after a position that is reached back to, all that there are by now. */
  after(position: number): readonly StreamEntry[];
  /** Reads what follows an older position. Rejects with SequenceTooOld where that cannot be known any more. */
  readOlder(position: number): Promise<OldRows>;
  /** Calls back whenever there may be more; gives a function that ends it. */
  onWake(callback: () => void): () => void;
  /** Tells that nobody reads it through this source any more. */
  leave(): void;
}
