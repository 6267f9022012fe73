import type { Position } from "../wire/requests.js";

/** Hears what the other sites of a tree say of themselves in their requests (guide §2.6). Must not throw, and must be quick. */
export interface PeerListener {
  /**
   * Called with the epoch of a site's own log before its request is served, so that answers of its earlier epoch that are
   * still under way can be given up first: where it gives a promise, the request waits for it. Clients that are not served are
   * not heard.
   */
  heard(clientId: string, siteEpoch: string): Promise<void> | undefined;
  /** Called when a site says that it has taken, and keeps, everything up to a position of this log. */
  acknowledged(clientId: string, position: Position): void;
}
