import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { LiveDistError } from "../base/errors.js";
import { whenAborted } from "../base/when-aborted.js";
import { errorFrame } from "../wire/frames.js";
import type { StreamBatch } from "../wire/live-dist-service.js";
import { Heartbeat } from "./heartbeat.js";
import type { HttpContext } from "./http-context.js";
import { isServerFault } from "./http-error.js";
import { sendMessage } from "./send-message.js";
import type { SharedMessages } from "./shared-messages.js";

/** What of a server's surroundings one of its WebSockets works with. */
export interface SocketContext
  extends Pick<HttpContext, "clock" | "limits" | "logger" | "works">, Partial<Pick<HttpContext, "failures">> {
  /** How frames go out together; where the other side is a server, it takes small messages only. Default: "one". */
  readonly grouping?: "one" | "onePerFragment";
  /**
   * The connection of a server's WebSocket, without compression, and who makes the messages that are written on it beside ws:
   * those of a stream are most often small, and many clients are sent the same bytes.
   */
  readonly connection?: Duplex;
  readonly messages?: SharedMessages;
}

/**
 * A WebSocket on which requests are answered, to its end. Whatever ends it (an error, a bad message, the client, the server's
 * closing) aborts its work, and the work's reason says how the socket is closed.
 */
export class ServedSocket {
  readonly #socket: WebSocket;
  readonly #context: SocketContext;
  readonly #work: AbortController;
  readonly #heartbeat: Heartbeat;
  #isSending = false;
  #isHandedOver = false;
  #isPosting = false;
  /** Messages written beside ws of which the connection has not told yet that they are with the operating system. */
  #untold = 0;
  #tellFree: () => void = () => undefined;

  /** Takes a WebSocket, open or being opened, and a work of the context; `take` is called with each message, and what it throws is the end. */
  constructor(
    socket: WebSocket,
    context: SocketContext,
    work: AbortController,
    take: (message: Buffer, isBinary: boolean) => void,
  ) {
    this.#socket = socket;
    this.#context = context;
    this.#work = work;
    this.#heartbeat = new Heartbeat(socket, context.clock, context.limits.pingMs);
    whenAborted(work.signal, (reason) => this.#close(reason));
    socket.on("message", (data, isBinary) => this.#take(data, isBinary, take));
    // What breaks the WebSocket protocol itself (too large a message among it) is answered and closed by ws.
    socket.on("error", (error) => context.logger.debug({ err: error }, "a WebSocket failed"));
    socket.on("close", () => {
      work.abort(new LiveDistError("Network", "the client went away"));
      context.works.end(work);
    });
  }

  /** Aborts, with the reason, at the end. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  /** Does what answers a request; what it rejects with is the end. */
  run(answer: () => Promise<void>): void {
    answer().catch((error: unknown) => this.end(error));
  }

  /** Sends frames as one message; resolves when the operating system has taken it. Rejects with the reason of the end. */
  async send(frames: readonly Uint8Array[]): Promise<void> {
    this.signal.throwIfAborted();
    this.#isSending = true;
    const { limits, grouping } = this.#context;
    await sendMessage(this.#socket, frames, limits.fragmentBytesMax, grouping);
    this.#isSending = false;
  }

  /** Whether something can be posted: it is open, and what was posted before is with the operating system. */
  get isFree(): boolean {
    return !this.#isPosting && this.#socket.readyState === this.#socket.OPEN && !this.signal.aborted;
  }

  /** Calls back, from now on, whenever it is free again. */
  onFree(callback: () => void): void {
    this.#tellFree = callback;
  }

  /** Sends a batch as one message, at once where the operating system takes it. Call it only while the socket is free. */
  post(batch: StreamBatch): void {
    const { limits, connection, messages } = this.#context;
    this.#isPosting = true;
    if (connection === undefined || messages === undefined || batch.bytes > limits.fragmentBytesMax) {
      this.send(batch.frames).then(this.#posted, (error: unknown) => this.end(error));
      return;
    }
    this.#untold++;
    connection.write(messages.of(batch), this.#written);
    if (connection.writableLength === 0) this.#isPosting = false;
  }

  /** What the operating system takes at once is told a little later, when the next message may be half sent. */
  readonly #written = (): void => {
    if (--this.#untold === 0 && !this.#isSending) this.#posted();
  };

  readonly #posted = (): void => {
    if (!this.#isPosting) return;
    this.#isPosting = false;
    this.#tellFree();
  };

  /** Ends it: the reason is sent as an ERROR frame, and says with which code the socket is closed. */
  end(reason: unknown): void {
    this.#work.abort(reason);
  }

  /** Closes the socket behind a whole answer. */
  finish(): void {
    this.#socket.close(1000);
  }

  /** Leaves the messages to somebody else, who sends requests; the heartbeat goes on, and the end closes without an ERROR frame. */
  handOver(): void {
    this.#isHandedOver = true;
  }

  #take(data: RawData, isBinary: boolean, take: (message: Buffer, isBinary: boolean) => void): void {
    if (this.signal.aborted || this.#isHandedOver) return;
    try {
      // ws gives a Buffer as long as its binaryType is not changed, and text as one always.
      take(data as Buffer, isBinary);
    } catch (error) {
      this.end(error);
    }
  }

  #close(reason: unknown): void {
    const { logger, failures } = this.#context;
    this.#heartbeat.stop();
    failures?.count(reason);
    if (isServerFault(reason)) logger.error({ err: reason }, "a stream failed");
    else logger.debug({ err: reason }, "a stream ended");
    if (this.#socket.readyState === this.#socket.CONNECTING) this.#socket.terminate();
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // Within a message that is half sent, the frame would be taken for a part of it; the code alone must do then.
    if (!this.#isSending && !this.#isHandedOver) this.#socket.send(errorFrame(reason));
    this.#socket.close(closeCodeOf(reason));
  }
}

/** Gives what a WebSocket is closed with: going away, internal error or policy violation (RFC 6455 §7.4.1). */
function closeCodeOf(reason: unknown): 1001 | 1008 | 1011 {
  if (isServerFault(reason)) return 1011;
  return reason instanceof LiveDistError && reason.code === "Closed" ? 1001 : 1008;
}
