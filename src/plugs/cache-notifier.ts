import type { LoadRequest, Tracking } from "../wire/requests.js";

/** The topics-slice (subscription) of an edge has changed. */
export interface SliceChange {
  readonly clientId: string;
  readonly tracking: Tracking;
  /**
   * The slice before. Undefined where the server does not know it: a registered client's first load since the server started,
   * and every load but a PartialLoad of an unregistered client, of which there may be many under one ClientId.
   */
  readonly before: string | undefined;
  readonly after: string;
}

/** A load that streams to a client: a snapshot of what its slice selects. */
export interface SnapshotInfo {
  readonly clientId: string;
  readonly tracking: Tracking;
  readonly service: LoadRequest["service"];
  readonly topicsSlice: string;
  /** The sequence-number at which it is a snapshot. */
  readonly sequence: number;
  /** How many entities are to come. */
  readonly entities: number;
}

/** How a snapshot ended. */
export interface SnapshotEnd {
  /**
   * complete: the last piece was taken. abandoned: the client went away, or the server closes. failed: `error` says why, for
   * instance that the client was disabled.
   */
  readonly how: "complete" | "abandoned" | "failed";
  readonly error?: unknown;
  /** Bytes that were given. */
  readonly bytes: number;
}

/**
 * Hears of what edges subscribe to and load (guide §5.4, ICacheNotifier), so that an entities sub-system can prepare for it.
 * The server does not wait for it, and what it throws or rejects with is logged. `silentCacheNotifier` is the reference
 * implementation.
 */
export interface ICacheNotifier {
  /** Called when a load with another topics-slice than before has been accepted, before its first piece. */
  sliceChanged(change: SliceChange): void | Promise<void>;
  /** Called when the first piece of a load is made. */
  snapshotBegun(snapshot: SnapshotInfo): void | Promise<void>;
  /** Called once for each snapshot that has begun, with the same object. */
  snapshotEnded(snapshot: SnapshotInfo, end: SnapshotEnd): void | Promise<void>;
}

const ignore = (): void => undefined;

/** Does nothing. */
export const silentCacheNotifier: ICacheNotifier = Object.freeze({
  sliceChanged: ignore,
  snapshotBegun: ignore,
  snapshotEnded: ignore,
});
