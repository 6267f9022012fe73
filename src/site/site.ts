import type { Entities } from "../entities/entities.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Link } from "./links/link.js";
import type { Config } from "./web-config.js";

/** A running site of a tree: its entities, its servers, and its links to father and sons (guide §2.6). */
export interface Site {
  /** Where the application reads and writes. What it commits goes out once `entities.notifyDeltaServer` was called, or soon. */
  readonly entities: Entities;
  /** Where the site's servers listen, for instance http://127.0.0.1:8080. */
  readonly server: { readonly url: string };
  readonly config: Config;
  /** The links as they are at the moment: that to the father first, then those to the sons as the configuration has them. */
  readonly links: readonly Link[];
  /**
   * Takes another slice from the father; resolves when he has given what it adds, and begins to drop what it does not select
   * any more, which goes on by itself: what a son holds is kept, and the rest waits until the father has all that is known of it here. The slice
   * stays wanted after a restart, until LiveDistFatherTopicsSlice is changed. Rejects with TopicsSliceError, with what else the
   * father refuses the slice with, with Request where there is no father, with Closed where a later call took its place or the
   * site was closed.
   */
  changeSlice(slice: string | TopicsSlice): Promise<void>;
  /**
   * Deletes the entities without app topics (the logically deleted ones) that no son holds and of which the father has all that is
   * known here, as far as that can be decided now: while a son is absent, nothing. Gives how many that were.
   */
  purge(): Promise<number>;
  /** Stops the links, then the servers, then closes the store that it opened. May be called twice. */
  close(): Promise<void>;
}
