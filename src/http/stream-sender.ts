import type { DeltaStream, StreamBatch } from "../wire/live-dist-service.js";
import { readAcknowledgement } from "../wire/read-request.js";
import type { HttpLimits } from "./http-limits.js";
import type { ServedSocket } from "./served-socket.js";
import { StreamFlow } from "./stream-flow.js";

/**
 * Sends the batches of a stream over a WebSocket, as they come and in the same turn of the event loop, as far ahead of what the
 * client has acknowledged as its window allows, and only when the batch before is with the operating system. A client that does
 * not acknowledge or does not read is not sent anything, nor is anything asked for it: it costs its place.
 */
export class StreamSender {
  readonly #socket: ServedSocket;
  readonly #flow: StreamFlow;
  readonly #fromSequence: number;
  #stream: DeltaStream | undefined;
  /** A batch that was larger than expected and waits for room. */
  #held: StreamBatch | undefined;

  /** `sequence` is that from which the batches go on. */
  constructor(socket: ServedSocket, limits: HttpLimits, sequence: number) {
    this.#socket = socket;
    this.#flow = new StreamFlow(limits, sequence);
    this.#fromSequence = sequence;
  }

  /** Sends HEAD and then all that the stream gives, until the socket ends; what the stream throws is the end. */
  begin(stream: DeltaStream): void {
    this.#stream = stream;
    stream.onMore(this.#sendMore);
    this.#socket.onFree(this.#sendMore);
    if (this.#socket.isFree) this.#socket.post(headOf(stream, this.#fromSequence));
    this.#sendMore();
  }

  /** Takes a client's message. Throws Request where it does not acknowledge what was sent. */
  acknowledge(text: string): void {
    const sequence = readAcknowledgement(text);
    this.#flow.acknowledge(sequence);
    // What comes before the stream began can only be the position that the request names.
    this.#stream?.acknowledged?.(sequence);
    this.#sendMore();
  }

  readonly #sendMore = (): void => {
    try {
      while (this.#socket.isFree) {
        const batch = this.#next();
        if (batch === undefined) return;
        this.#flow.send(batch);
        this.#socket.post(batch);
      }
    } catch (error) {
      this.#socket.end(error);
    }
  };

  /** Gives the next batch that has room. */
  #next(): StreamBatch | undefined {
    const batch = this.#held ?? (this.#flow.mayAsk ? this.#stream?.take() : undefined);
    this.#held = undefined;
    if (batch === undefined || this.#flow.maySend(batch.bytes)) return batch;
    this.#held = batch;
    return undefined;
  }
}

function headOf({ head }: DeltaStream, sequence: number): StreamBatch {
  return { frames: [head], sequence, bytes: head.length };
}
