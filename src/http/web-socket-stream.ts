import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { LiveDistError } from "../base/errors.js";
import { whenAborted } from "../base/when-aborted.js";
import type { WebSocketLike } from "../plugs/web-socket-like.js";
import { type ParkRequest, readParkRequest } from "../wire/park-request.js";
import { readRequest } from "../wire/read-request.js";
import type { FetchDeltasRequest } from "../wire/requests.js";
import type { HttpContext } from "./http-context.js";
import { ServedSocket } from "./served-socket.js";
import { streamDeltas } from "./stream-deltas.js";
import { StreamSender } from "./stream-sender.js";

/**
 * One client's WebSocket: its first message is a FetchDeltas request, the further ones acknowledge; HEAD and then batches go
 * out. Or the first message parks it, and the site sends requests on it.
 */
export class WebSocketStream {
  readonly #webSocket: WebSocket;
  readonly #context: HttpContext;
  readonly #socket: ServedSocket;
  readonly #cancelDeadline: () => void;
  // There as soon as a FetchDeltas request has come.
  #sender: StreamSender | undefined;
  #isParking = false;

  /** Takes a WebSocket that is open on a connection. */
  constructor(socket: WebSocket, connection: Duplex, context: HttpContext, work: AbortController) {
    this.#webSocket = socket;
    this.#context = context;
    const take = (message: Buffer, isBinary: boolean): void => this.#take(message, isBinary);
    this.#socket = new ServedSocket(socket, { ...context, connection }, work, take);
    const { clock, limits } = context;
    this.#cancelDeadline = clock.after(limits.streamRequestMsMax, () =>
      work.abort(bad(`no request came within ${limits.streamRequestMsMax} ms (STREAM_REQUEST_MS_MAX)`)),
    );
    whenAborted(work.signal, this.#cancelDeadline);
  }

  #take(message: Buffer, isBinary: boolean): void {
    if (isBinary) throw bad("messages to the server must be text");
    if (this.#isParking) throw bad("who parks a connection waits for an answer");
    if (this.#sender) this.#sender.acknowledge(message.toString());
    else this.#begin(message.toString());
  }

  #begin(text: string): void {
    const park = readParkRequest(text);
    const request = park ?? readRequest(text);
    if (request.service !== "FetchDeltas" && request.service !== "Park") {
      throw bad("a WebSocket must begin with a FetchDeltas request");
    }
    this.#cancelDeadline();
    if (request.service === "FetchDeltas") this.#stream(request);
    else this.#socket.run(() => this.#park(request));
  }

  async #park(request: ParkRequest): Promise<void> {
    const { parking } = this.#context;
    if (!parking) throw bad("this site takes no connections of sons");
    this.#isParking = true;
    const { signal } = this.#socket;
    this.#webSocket.binaryType = "arraybuffer";
    const ended = await parking.park(request, this.#webSocket as unknown as WebSocketLike, signal);
    this.#socket.handOver();
    whenAborted(ended, (reason) => this.#socket.end(reason));
  }

  #stream(request: FetchDeltasRequest): void {
    const { service, limits } = this.#context;
    const sender = new StreamSender(this.#socket, limits, request.position.sequence);
    this.#sender = sender;
    this.#socket.run(() => streamDeltas(service, request, this.#socket, sender));
  }
}

function bad(message: string): LiveDistError {
  return new LiveDistError("Request", message);
}
