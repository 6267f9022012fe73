import type { Clock } from "../base/clock.js";
import { codeOf, LiveDistError, RedirectError } from "../base/errors.js";
import { RECEIVED_BYTES_MAX, STREAM_ACKNOWLEDGED_BATCHES_MAX, STREAM_ACKNOWLEDGED_BYTES_MAX } from "../base/limits.js";
import type { HttpStream } from "../plugs/http-client.js";
import type { WebSocketEvent, WebSocketLike } from "../plugs/web-socket-like.js";
import { beginsWithError, FrameReader } from "../wire/frames.js";
import { ignore, within } from "./abortable.js";

/** Milliseconds that opening a WebSocket may take. */
export const CONNECT_MS_MAX = 10_000;
/** The code of a WebSocket closed since everything was said (RFC 6455 §7.4.1). */
const CLOSED_NORMALLY = 1000;

/** What a stream works with. */
export interface WebSocketStreamContext {
  readonly clock: Clock;
  /** Milliseconds without a message after which the connection counts as broken. */
  readonly idleMsMax: number;
  /** Milliseconds after which what was taken is acknowledged, however little. */
  readonly acknowledgeMsMax: number;
  /** Closes the stream. */
  readonly signal: AbortSignal;
  /** Called where the connection breaks by itself after it was open, and where the server sends the client elsewhere. */
  readonly broke: (error: unknown) => void;
  /** Whether the WebSocket is open already. Default: false. */
  readonly isOpen?: boolean;
}

/**
 * A stream of deltas over a WebSocket. What arrives stands in a queue until it is asked for; the server's window limits the
 * queue, since only what was acknowledged makes room.
 */
export class WebSocketStream implements HttpStream {
  readonly #socket: WebSocketLike;
  readonly #context: WebSocketStreamContext;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isOpen: boolean;
  /** Whether the server ended it: there is no more behind what has arrived. */
  #isWhole = false;
  /** What ended the connection. */
  #end: LiveDistError | undefined;
  #wake: () => void = ignore;
  /** What is to be acknowledged, and since it was done last: how often it could have been, and what has arrived. */
  #taken = 0;
  #takenCount = 0;
  #receivedBytes = 0;
  #cancelAcknowledging: (() => void) | undefined;

  /** Takes a WebSocket that is being opened, or is open. */
  constructor(socket: WebSocketLike, context: WebSocketStreamContext) {
    this.#socket = socket;
    this.#context = context;
    this.#isOpen = context.isOpen ?? false;
    context.signal.addEventListener("abort", this.close, { once: true });
    if (context.signal.aborted) this.close();
    socket.addEventListener("open", () => {
      this.#isOpen = true;
      this.#wake();
    });
    socket.addEventListener("message", (event) => this.#take(event.data));
    socket.addEventListener("error", (event) => this.#fail(broken(event)));
    socket.addEventListener("close", ({ code }) => {
      this.#isWhole = !this.#end && code === CLOSED_NORMALLY;
      this.#fail(new LiveDistError("Network", "the WebSocket was closed"));
    });
  }

  /** Waits until the WebSocket is open, then sends the request. Rejects with Network, and with Closed after `close`. */
  async begin(request: string | Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await within(
        this.#context.clock,
        CONNECT_MS_MAX,
        this.#until(() => this.#isOpen),
      );
    } catch (error) {
      this.close();
      throw error;
    }
    this.#socket.send(request);
  }

  /** Acknowledges soon: at once where the server's window would fill, otherwise within `acknowledgeMsMax`, once for all. */
  acknowledge(sequence: number): void {
    if (this.#end) return;
    this.#taken = sequence;
    const isMuch =
      ++this.#takenCount >= STREAM_ACKNOWLEDGED_BATCHES_MAX || this.#receivedBytes >= STREAM_ACKNOWLEDGED_BYTES_MAX;
    if (isMuch) this.#acknowledgeTaken();
    else
      this.#cancelAcknowledging ??= this.#context.clock.after(this.#context.acknowledgeMsMax, () =>
        this.#acknowledgeTaken(),
      );
  }

  /** Bound, since the signal calls it too. */
  readonly close = (): void => this.#fail(new LiveDistError("Closed", "the stream is closed"));

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { clock, idleMsMax } = this.#context;
    try {
      for (;;) {
        await within(
          clock,
          idleMsMax,
          this.#until(() => this.#queue.length > 0 || this.#isWhole),
        );
        if (this.#queue.length === 0) return;
        const pieces = this.#queue;
        this.#queue = [];
        this.#queuedBytes = 0;
        yield* pieces;
      }
    } catch (error) {
      if (codeOf(error) !== "Closed") this.#context.broke(error);
      throw error;
    } finally {
      this.close();
    }
  }

  /** Waits until something holds. Rejects with what ended the connection; what had arrived before is given first. */
  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#end) throw this.#end;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #acknowledgeTaken(): void {
    this.#stopAcknowledging();
    this.#takenCount = this.#receivedBytes = 0;
    this.#socket.send(JSON.stringify({ acknowledge: this.#taken }));
  }

  #stopAcknowledging(): void {
    this.#cancelAcknowledging?.();
    this.#cancelAcknowledging = undefined;
  }

  #take(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#fail(new LiveDistError("Request", "the messages of a stream must be binary"));
      return;
    }
    const redirect = redirectIn(new Uint8Array(data));
    if (redirect) this.#context.broke(redirect);
    this.#receivedBytes += data.byteLength;
    this.#queuedBytes += data.byteLength;
    if (this.#queuedBytes > RECEIVED_BYTES_MAX) {
      this.#fail(
        new LiveDistError("Limit", `a stream sent more than RECEIVED_BYTES_MAX, ${RECEIVED_BYTES_MAX} bytes, ahead`),
      );
      return;
    }
    this.#queue.push(new Uint8Array(data));
    this.#wake();
  }

  #fail(error: LiveDistError): void {
    if (this.#end) return;
    this.#end = error;
    this.#stopAcknowledging();
    this.#context.signal.removeEventListener("abort", this.close);
    this.#socket.close();
    this.#wake();
  }
}

function broken({ message }: WebSocketEvent): LiveDistError {
  return new LiveDistError(
    "Network",
    message === undefined ? "the WebSocket broke" : `the WebSocket broke: ${message}`,
  );
}

/** Gives the error of a message that ends a stream by sending the client to another server; messages begin with a frame. */
function redirectIn(message: Uint8Array): RedirectError | undefined {
  if (!beginsWithError(message)) return undefined;
  try {
    const [frame] = new FrameReader().push(message);
    return frame?.kind === "ERROR" && frame.error instanceof RedirectError ? frame.error : undefined;
  } catch {
    // Whoever reads the message is told.
    return undefined;
  }
}
