import type { StreamBatch } from "../wire/live-dist-service.js";
import { webSocketMessage } from "./web-socket-message.js";

/** Makes WebSocket messages of batches; once for streams that are given the same batch one after the other. */
export class SharedMessages {
  #of: StreamBatch | undefined;
  #message: Buffer | undefined;

  of(batch: StreamBatch): Buffer {
    if (batch === this.#of && this.#message) return this.#message;
    this.#of = batch;
    return (this.#message = webSocketMessage(batch.frames));
  }
}
