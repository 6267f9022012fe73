import type { FeedBatch } from "../delta-server/feed-batch.js";
import { positionFrame } from "../wire/frames.js";
import type { StreamBatch } from "../wire/live-dist-service.js";
import type { CenterConnection } from "./proxy/center-connection.js";

/** Puts POSITION behind the batches of feeds; once for streams that are given the same batch one after the other. */
export class StreamBatches {
  readonly #center: Pick<CenterConnection, "isConnected">;
  #of: FeedBatch | undefined;
  #isConnected: boolean;
  #batch: StreamBatch | undefined;

  constructor(center: Pick<CenterConnection, "isConnected">) {
    this.#center = center;
    this.#isConnected = center.isConnected;
  }

  /** Whether the center is reached, which POSITION tells. */
  get isConnected(): boolean {
    return this.#center.isConnected;
  }

  of(batch: FeedBatch): StreamBatch {
    const { isConnected } = this;
    if (batch === this.#of && isConnected === this.#isConnected && this.#batch) return this.#batch;
    const { frames, sequence, bytes } = batch;
    this.#of = batch;
    this.#isConnected = isConnected;
    return (this.#batch = { frames: [...frames, positionFrame(sequence, isConnected)], sequence, bytes });
  }
}
