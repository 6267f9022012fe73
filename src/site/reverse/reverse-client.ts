import { type Clock, systemClock } from "../../base/clock.js";
import { SITE_ACKNOWLEDGED_MS_MAX } from "../../base/limits.js";
import { LiveDistError } from "../../base/errors.js";
import { ignore } from "../../edge/abortable.js";
import { AnswerFrames, unexpectedFrame } from "../../edge/answer-frames.js";
import { answerMsMax, type Token, withToken } from "../../edge/http-client.js";
import { WebSocketStream } from "../../edge/web-socket-stream.js";
import type { HttpStream, IHttpClient } from "../../plugs/http-client.js";
import { frameKinds, FrameReader } from "../../wire/frames.js";
import { asStream } from "../../wire/park-request.js";
import { writeRequestBody } from "../../wire/request-body.js";
import type { FetchDeltasRequest, Request } from "../../wire/requests.js";
import type { ParkedSockets } from "./parked-sockets.js";

export interface ReverseClientOptions {
  /** Of the caller, at the site that is asked. */
  readonly clientId: string;
  /** The ClientId under which the site that is asked has parked its connections here. */
  readonly peer: string;
  readonly sockets: ParkedSockets;
  /** Proves to that site's permit who asks. */
  readonly token?: Token;
  readonly clock?: Clock;
}

/**
 * Carries an Edge's requests to a site that cannot be reached by a URL, over connections that this site has parked (guide §2.6;
 * protocol: reverse connections). Rejects with the error that the site answered, with Network where it has parked none for
 * CONNECT_MS_MAX milliseconds or the connection breaks.
 */
export class ReverseClient implements IHttpClient {
  readonly clientId: string;
  readonly #peer: string;
  readonly #sockets: ParkedSockets;
  readonly #token: Token | undefined;
  readonly #clock: Clock;

  constructor({ clientId, peer, sockets, token, clock = systemClock }: ReverseClientOptions) {
    this.clientId = clientId;
    this.#peer = peer;
    this.#sockets = sockets;
    this.#token = token;
    this.#clock = clock;
  }

  async frames(request: Request, signal = new AbortController().signal): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#ask(request, signal);
    const pieces = acknowledged(answer);
    const first = await pieces.next();
    if (first.done !== true && isError(first.value)) {
      answer.close();
      throw errorOf(first.value);
    }
    return withFirst(first, pieces);
  }

  async json(request: Request, signal = new AbortController().signal): Promise<Record<string, unknown>> {
    const answer = await this.#ask(request, signal);
    try {
      const frame = await new AnswerFrames(answer, signal).next();
      if (frame.kind !== "JSON") throw unexpectedFrame(frame);
      return frame.json as Record<string, unknown>;
    } finally {
      answer.close();
    }
  }

  stream(request: Request, signal = new AbortController().signal): Promise<HttpStream> {
    return this.#ask(asStream(request as FetchDeltasRequest), signal);
  }

  async #ask(request: Request, signal: AbortSignal): Promise<WebSocketStream> {
    const proved = this.#token === undefined ? request : await withToken(request, this.#token, signal);
    const socket = await this.#sockets.take(this.#peer, signal);
    const idleMsMax = answerMsMax(request);
    const answer = new WebSocketStream(socket, {
      clock: this.#clock,
      idleMsMax,
      acknowledgeMsMax: SITE_ACKNOWLEDGED_MS_MAX,
      signal,
      broke: ignore,
      isOpen: true,
    });
    await answer.begin(writeRequestBody(proved).body);
    return answer;
  }
}

/** Gives the bytes of an answer, and tells the other side as they are taken. */
async function* acknowledged(answer: WebSocketStream): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const piece of answer) {
    yield piece;
    answer.acknowledge((bytes += piece.length));
  }
}

async function* withFirst(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

/** An error in place of the first frame comes as a message of its own. */
function isError(message: Uint8Array): boolean {
  return message[4] === frameKinds.ERROR;
}

function errorOf(message: Uint8Array): LiveDistError {
  const [frame] = new FrameReader().push(message);
  if (frame?.kind === "ERROR") return frame.error;
  return new LiveDistError("Request", "the error of an answer is malformed");
}
