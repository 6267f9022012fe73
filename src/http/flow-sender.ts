import { whenAborted } from "../base/when-aborted.js";
import { readAcknowledgement } from "../wire/read-request.js";
import type { StreamBatch } from "../wire/live-dist-service.js";
import type { HttpLimits } from "./http-limits.js";
import type { ServedSocket } from "./served-socket.js";
import { StreamFlow } from "./stream-flow.js";

/**
 * Sends the pieces of an answer over a WebSocket as far ahead of what the other side has acknowledged as its window allows. Who
 * does not acknowledge is not sent anything, nor should anything be asked for it: it costs its place.
 */
export class FlowSender {
  readonly #socket: ServedSocket;
  readonly #flow: StreamFlow;
  #wake: () => void = () => undefined;

  /** `sequence` is that from which the batches go on. */
  constructor(socket: ServedSocket, limits: HttpLimits, sequence: number) {
    this.#socket = socket;
    this.#flow = new StreamFlow(limits, sequence);
    whenAborted(socket.signal, () => this.#wake());
  }

  /** Takes a message of the other side. Throws Request where it does not acknowledge what was sent. */
  acknowledge(text: string): void {
    this.#flow.acknowledge(readAcknowledgement(text));
    this.#wake();
  }

  /** Waits until it is worth asking for the next batch. Rejects with the reason of the socket's end. */
  room(): Promise<void> {
    return this.#until(() => this.#flow.mayAsk);
  }

  /** Waits until a batch has room, and sends it. Rejects with the reason of the socket's end. */
  async send(batch: StreamBatch): Promise<void> {
    await this.#until(() => this.#flow.maySend(batch.bytes));
    this.#flow.send(batch);
    await this.#socket.send(batch.frames);
  }

  async #until(hasRoom: () => boolean): Promise<void> {
    const { signal } = this.#socket;
    while (!signal.aborted && !hasRoom()) await new Promise<void>((resolve) => (this.#wake = resolve));
    signal.throwIfAborted();
  }
}
