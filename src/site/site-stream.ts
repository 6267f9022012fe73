import { whenAborted } from "../base/when-aborted.js";
import type { FeedStream } from "../delta-server/feed-stream.js";
import type { DeltaStream, StreamBatch } from "../wire/live-dist-service.js";
import type { StreamBatches } from "./stream-batches.js";

/** What the stream of one client has beside its feed. */
export interface SiteStreamParts extends Required<Pick<DeltaStream, "head" | "ended" | "acknowledged">> {
  readonly batches: StreamBatches;
  /** Gives up the client's place; may be called again. */
  readonly end: () => void;
}

/** The stream of one client of a site. */
export class SiteStream implements DeltaStream {
  readonly head: Uint8Array;
  readonly ended: AbortSignal;
  readonly acknowledged: (sequence: number) => void;
  readonly #feed: FeedStream;
  readonly #batches: StreamBatches;
  readonly #end: () => void;
  #tellMore: () => void = () => undefined;
  /** Whether the center was reached when it was last told: a change is told soon. */
  #toldConnected: boolean;

  constructor(feed: FeedStream, { head, ended, acknowledged, batches, end }: SiteStreamParts) {
    this.head = head;
    this.ended = ended;
    this.acknowledged = acknowledged;
    this.#feed = feed;
    this.#batches = batches;
    this.#toldConnected = batches.isConnected;
    this.#end = () => {
      feed.close();
      end();
    };
    whenAborted(ended, () => {
      this.#end();
      this.#tellMore();
    });
  }

  take(): StreamBatch | undefined {
    try {
      const { isConnected } = this.#batches;
      const batch = this.#feed.take(isConnected !== this.#toldConnected);
      this.#toldConnected = isConnected;
      return batch && this.#batches.of(batch);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  onMore(callback: () => void): void {
    this.#tellMore = callback;
    this.#feed.onMore(callback);
  }
}
