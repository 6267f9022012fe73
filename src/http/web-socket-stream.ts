import type { RawData, WebSocket } from "ws";
import { LiveDistError } from "../base/errors.js";
import { whenAborted } from "../base/when-aborted.js";
import { errorFrame } from "../wire/frames.js";
import { readAcknowledgement, readRequest } from "../wire/read-request.js";
import type { FetchDeltasRequest } from "../wire/requests.js";
import { Heartbeat } from "./heartbeat.js";
import type { HttpContext } from "./http-context.js";
import { isServerFault } from "./http-error.js";
import { sendMessage } from "./send-message.js";
import { StreamFlow } from "./stream-flow.js";

/**
 * One client's WebSocket: its first message is a FetchDeltas request, the further ones acknowledge; HEAD and then batches go
 * out. Whatever ends it (an error, a bad message, the client, the server's closing) aborts its work, and the work's reason
 * says how the socket is closed. A client that does not acknowledge is not asked for, nor sent, anything: it costs its place.
 */
export class WebSocketStream {
  readonly #socket: WebSocket;
  readonly #context: HttpContext;
  readonly #work: AbortController;
  readonly #heartbeat: Heartbeat;
  readonly #cancelDeadline: () => void;
  // There as soon as the request has come.
  #flow: StreamFlow | undefined;
  #isSending = false;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket, context: HttpContext, work: AbortController) {
    this.#socket = socket;
    this.#context = context;
    this.#work = work;
    const { clock, limits, logger } = context;
    this.#heartbeat = new Heartbeat(socket, clock, limits.pingMs);
    this.#cancelDeadline = clock.after(limits.streamRequestMsMax, () =>
      work.abort(bad(`no request came within ${limits.streamRequestMsMax} ms (STREAM_REQUEST_MS_MAX)`)),
    );
    work.signal.addEventListener("abort", () => this.#end(work.signal.reason), { once: true });
    socket.on("message", (data, isBinary) => this.#take(data, isBinary));
    // What breaks the WebSocket protocol itself (too large a message among it) is answered and closed by ws.
    socket.on("error", (error) => logger.debug({ err: error }, "a WebSocket failed"));
    socket.on("close", () => {
      work.abort(new LiveDistError("Network", "the client went away"));
      context.works.end(work);
    });
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#work.signal.aborted) return;
    try {
      if (isBinary) throw bad("messages to the server must be text");
      // ws gives a Buffer as long as its binaryType is not changed.
      const text = (data as Buffer).toString();
      if (this.#flow) this.#acknowledge(text, this.#flow);
      else this.#begin(text);
    } catch (error) {
      this.#work.abort(error);
    }
  }

  #begin(text: string): void {
    const request = readRequest(text);
    if (request.service !== "FetchDeltas") throw bad("a WebSocket must begin with a FetchDeltas request");
    this.#cancelDeadline();
    this.#flow = new StreamFlow(this.#context.limits, request.position.sequence);
    void this.#run(request, this.#flow).catch((error: unknown) => this.#work.abort(error));
  }

  #acknowledge(text: string, flow: StreamFlow): void {
    flow.acknowledge(readAcknowledgement(text));
    this.#wake();
  }

  async #run(request: FetchDeltasRequest, flow: StreamFlow): Promise<void> {
    const { signal } = this.#work;
    const stream = await this.#context.service.openStream(request, signal);
    // Nothing is asked for a client that does not acknowledge: so it would never hear of the end.
    whenAborted(stream.ended, (reason) => this.#work.abort(reason));
    await this.#send([stream.head]);
    while (!signal.aborted) {
      await this.#until(() => flow.mayAsk);
      const batch = await stream.next();
      await this.#until(() => flow.maySend(batch.bytes));
      flow.send(batch);
      await this.#send(batch.frames);
    }
  }

  async #send(frames: readonly Uint8Array[]): Promise<void> {
    this.#work.signal.throwIfAborted();
    this.#isSending = true;
    await sendMessage(this.#socket, frames, this.#context.limits.fragmentBytesMax);
    this.#isSending = false;
  }

  /** Waits for acknowledgements until there is room. Throws the reason of an abort. */
  async #until(hasRoom: () => boolean): Promise<void> {
    const { signal } = this.#work;
    while (!signal.aborted && !hasRoom()) await new Promise<void>((resolve) => (this.#wake = resolve));
    signal.throwIfAborted();
  }

  #end(reason: unknown): void {
    const { logger } = this.#context;
    this.#heartbeat.stop();
    this.#cancelDeadline();
    this.#wake();
    if (isServerFault(reason)) logger.error({ err: reason }, "a stream failed");
    else logger.debug({ err: reason }, "a stream ended");
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // Within a message that is half sent, the frame would be taken for a part of it; the code alone must do then.
    if (!this.#isSending) this.#socket.send(errorFrame(reason));
    this.#socket.close(closeCodeOf(reason));
  }
}

function bad(message: string): LiveDistError {
  return new LiveDistError("Request", message);
}

/** Gives what a WebSocket is closed with: going away, internal error or policy violation (RFC 6455 §7.4.1). */
function closeCodeOf(reason: unknown): 1001 | 1008 | 1011 {
  if (isServerFault(reason)) return 1011;
  return reason instanceof LiveDistError && reason.code === "Closed" ? 1001 : 1008;
}
