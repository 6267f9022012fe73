import type { WebSocket } from "ws";
import { LiveDistError } from "../../base/errors.js";
import { whenAborted } from "../../base/when-aborted.js";
import { ignore } from "../../edge/abortable.js";
import { Deferred } from "../../edge/deferred.js";
import { CONNECT_MS_MAX } from "../../edge/web-socket-stream.js";
import { type AnswerCarrier, answerRequest } from "../../http/answer-request.js";
import { FlowSender } from "../../http/flow-sender.js";
import { ServedSocket, type SocketContext } from "../../http/served-socket.js";
import { streamDeltas } from "../../http/stream-deltas.js";
import { StreamSender } from "../../http/stream-sender.js";
import { FrameReader, jsonFrame } from "../../wire/frames.js";
import type { LiveDistService } from "../../wire/live-dist-service.js";
import { PARKED, type ParkRequest, wantsStream } from "../../wire/park-request.js";
import { readRequest } from "../../wire/read-request.js";
import { readRequestBody } from "../../wire/request-body.js";
import type { Request } from "../../wire/requests.js";

export interface ReverseContext extends SocketContext {
  readonly service: LiveDistService;
}

/** One WebSocket of a son: it is opened and parked at the father, answers the one request that the father sends, and closes. */
export class ReverseConnection {
  readonly #context: ReverseContext;
  readonly #socket: ServedSocket;
  readonly #parked = new Deferred<void>();
  readonly #taken = new Deferred<void>();
  readonly #ended = new Deferred<void>();
  #state: "opening" | "parked" | "answering" = "opening";
  #sender: Pick<FlowSender, "acknowledge"> | undefined;

  /** Takes a WebSocket that is being opened, and a work of the context that lasts until it is closed. */
  constructor(webSocket: WebSocket, request: ParkRequest, context: ReverseContext, work: AbortController) {
    this.#context = context;
    for (const { promise } of [this.#parked, this.#taken]) promise.catch(ignore);
    webSocket.on("error", ({ message }) => work.abort(new LiveDistError("Network", `the WebSocket broke: ${message}`)));
    webSocket.on("open", () => webSocket.send(JSON.stringify(request)));
    webSocket.on("close", () => this.#ended.resolve());
    const late = new LiveDistError("Network", `the father parked no connection within ${CONNECT_MS_MAX} ms`);
    const cancelDeadline = context.clock.after(CONNECT_MS_MAX, () => {
      if (this.#state === "opening") work.abort(late);
    });
    whenAborted(work.signal, (reason) => {
      cancelDeadline();
      for (const waiting of [this.#parked, this.#taken]) waiting.reject(reason);
    });
    this.#socket = new ServedSocket(webSocket, { ...context, grouping: "onePerFragment" }, work, (message, isBinary) =>
      this.#take(message, isBinary),
    );
  }

  /** Resolves when the father has parked it; rejects with what ended it before. */
  get parked(): Promise<void> {
    return this.#parked.promise;
  }

  /** Resolves when the father's request has come; rejects with what ended it before. */
  get taken(): Promise<void> {
    return this.#taken.promise;
  }

  /** Resolves when it is closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  #take(message: Buffer, isBinary: boolean): void {
    switch (this.#state) {
      case "opening":
        if (isBinary || message.toString() !== PARKED) throw refusalOf(message);
        this.#state = "parked";
        this.#parked.resolve();
        return;
      case "parked":
        this.#state = "answering";
        this.#taken.resolve();
        this.#begin(message, isBinary);
        return;
      case "answering":
        this.#sender?.acknowledge(message.toString());
    }
  }

  #begin(message: Buffer, isBinary: boolean): void {
    const request = isBinary ? readRequestBody(message) : readRequest(message.toString());
    const { service, limits } = this.#context;
    if (request.service === "FetchDeltas" && !isBinary && wantsStream(message.toString())) {
      const sender = new StreamSender(this.#socket, limits, request.position.sequence);
      this.#sender = sender;
      this.#socket.run(() => streamDeltas(service, request, this.#socket, sender));
    } else {
      const sender = new FlowSender(this.#socket, limits, 0);
      this.#sender = sender;
      this.#socket.run(() => this.#answer(request, sender));
    }
  }

  async #answer(request: Request, sender: FlowSender): Promise<void> {
    // Which would wake this site for nothing: its own applications notify it.
    if (request.service === "Notify")
      throw new LiveDistError("Request", "Notify is not served over a parked connection");
    await answerRequest(this.#context.service, request, this.#socket.signal, carrierOf(this.#socket, sender));
    this.#socket.finish();
  }
}

/** Sends frames as far ahead as the window allows; what is acknowledged is how many bytes of the answer were taken. */
function carrierOf(socket: ServedSocket, sender: FlowSender): AnswerCarrier {
  let sent = 0;
  const send = async (frames: readonly Uint8Array[]): Promise<void> => {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    await sender.send({ frames, bytes, sequence: (sent += bytes) });
  };
  return {
    async pieces(begin) {
      const pieces = await begin();
      if (pieces.ended) whenAborted(pieces.ended, (reason) => socket.end(reason));
      for await (const piece of pieces) {
        await send(piece);
        await sender.room();
      }
    },
    frames: send,
    json: (json) => socket.send([jsonFrame(json)]),
  };
}

/** Makes the error for what a father answers who does not park a connection. */
function refusalOf(message: Buffer): LiveDistError {
  const [frame] = new FrameReader().push(message);
  return frame?.kind === "ERROR" ? frame.error : new LiveDistError("Request", "the father did not park the connection");
}
