import type { Clock } from "../base/clock.js";
import type { Random } from "../base/random.js";
import type { Schema } from "../delta/schema.js";
import type { Tracking } from "../wire/requests.js";

export interface EdgeOptions {
  /** The application's schema; without one, delta-objects come in the classes of the server's. */
  readonly schema?: Schema;
  /** How the server follows this client (guide §2.1.3.1). Default: "transition". */
  readonly tracking?: Tracking;
  /** Gives the epoch of the caller's own log where the caller is a site of a tree; edges leave it out (guide §2.6). */
  readonly siteEpoch?: () => string;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface CallOptions {
  /** Ends the call: it rejects with Closed. */
  readonly signal?: AbortSignal;
}

export interface FetchOptions {
  /** Milliseconds to wait for the first delta-object; WAIT_MS_MAX is the most. */
  readonly waitMsMax?: number;
  /** Ends the wait: the batch is then empty. */
  readonly signal?: AbortSignal;
}

export interface DeltasOptions {
  /** Ends the iterator. */
  readonly signal?: AbortSignal;
  /** Whether to connect again by itself; otherwise the iterator rejects with Network or Closed. Default: true. */
  readonly reconnect?: boolean;
  /** Whether to give also the batches that only move the position. Default: false. */
  readonly emptyBatches?: boolean;
}
