import { type Clock, systemClock } from "../base/clock.js";
import { LiveDistError, RedirectError } from "../base/errors.js";
import {
  CLIENT_ID_LENGTH_MAX,
  REDIRECT_REST_MS,
  SITE_ACKNOWLEDGED_MS_MAX,
  STRANGER_BODY_BYTES_MAX,
  STREAM_ACKNOWLEDGED_MS_MAX,
} from "../base/limits.js";
import type { HttpStream, IHttpClient } from "../plugs/http-client.js";
import { type Random, systemRandom } from "../base/random.js";
import { writeRequestBody } from "../wire/request-body.js";
import { type Request, serverOf, serverPath } from "../wire/requests.js";
import { subprotocolsWith } from "../wire/token-protocol.js";
import { HttpAttempt } from "./http-attempt.js";
import { framesOf, networkError, readJson, readRefusal } from "./http-answer.js";
import { ServerList } from "./server-list.js";
import { openWebSocket, type WebSocketConstructor } from "./web-socket.js";
import { WebSocketStream } from "./web-socket-stream.js";

/** Milliseconds that a server may take to begin its answer, beyond those that the request lets it wait. */
export const ANSWER_MS_MAX = 30_000;

export interface HttpClientOptions {
  /** The client's row in LiveDistClients (guide §2.7). */
  readonly clientId: string;
  /** URLs of servers of one site, such as "http://localhost:8080"; "node" alone is read as "http://node:8080" (guide §7.3). */
  readonly servers: readonly string[];
  /** LiveDistApplicationSuffix of the servers: names the instance (guide §7.3). Default: "1". */
  readonly applicationSuffix?: string;
  /** How deltas come: over a WebSocket, or by long polls where one cannot be had. Default: "webSocket". */
  readonly transport?: "webSocket" | "longPoll";
  /**
   * Proves to the servers' permit who asks (guide §5.6): a text, or what gives one for the next request, since tokens expire. It
   * travels in the request itself, which over http:// anyone on the way can read: use https:// beyond one machine.
   */
  readonly token?: Token;
  readonly fetch?: typeof fetch;
  /** Default: `ws` in Node, the browser's own elsewhere. */
  readonly WebSocket?: WebSocketConstructor;
  readonly clock?: Clock;
  /** Decides which server is asked where one fails. */
  readonly random?: Random;
}

/** What proves to a server's permit who asks, or what gives it. */
export type Token = string | (() => string | Promise<string>);

/**
 * Carries an Edge's requests over HTTP and WebSockets (guide §5.1, §7.3). Of several servers it asks the one that served last
 * and, where that fails, any other; it goes where a server sends it, be it with the calls to the delta server or the cache server
 * alone. Rejects with the error that the server answered, with Network where none could be reached
 * or the connection broke.
 */
export class HttpClient implements IHttpClient {
  readonly clientId: string;
  /** Absent where the transport is "longPoll". */
  readonly stream?: (request: Request, signal?: AbortSignal) => Promise<HttpStream>;
  readonly #servers: ServerList;
  readonly #suffix: string;
  readonly #fetch: typeof fetch;
  readonly #WebSocket: WebSocketConstructor | undefined;
  readonly #clock: Clock;
  readonly #token: Token | undefined;
  /** When a server sent this client to another one last. */
  #sentAtMs = -Infinity;

  /** Throws Config where an option is malformed. */
  constructor(options: HttpClientOptions) {
    const { clientId, servers, applicationSuffix = "1", transport = "webSocket" } = options;
    if (clientId === "" || clientId.length > CLIENT_ID_LENGTH_MAX) {
      throw new LiveDistError("Config", `clientId must have 1 to ${CLIENT_ID_LENGTH_MAX} characters`);
    }
    if (!/^[\w-]*$/.test(applicationSuffix)) {
      throw new LiveDistError("Config", "applicationSuffix must be letters, digits, - and _");
    }
    this.clientId = clientId;
    this.#servers = new ServerList(servers, options.random ?? systemRandom);
    this.#suffix = applicationSuffix;
    // Looked up at each call and called without `this`: a browser's fetch refuses any other.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#WebSocket = options.WebSocket;
    this.#clock = options.clock ?? systemClock;
    this.#token = options.token;
    if (transport === "webSocket") this.stream = (request, signal) => this.#stream(request, signal);
  }

  frames(request: Request, signal: AbortSignal = new AbortController().signal): Promise<AsyncIterable<Uint8Array>> {
    return this.#ask(request, signal, (url, response, attempt) =>
      this.#watched(url, framesOf(response, this.#clock, attempt.signal), attempt),
    );
  }

  json(request: Request, signal: AbortSignal = new AbortController().signal): Promise<Record<string, unknown>> {
    return this.#ask(request, signal, async (_, response, attempt) => {
      const json = await readJson(response, this.#clock, attempt.signal);
      attempt.end();
      return json;
    });
  }

  async #ask<T>(request: Request, signal: AbortSignal, read: ReadAnswer<T>): Promise<T> {
    const proved = this.#token === undefined ? request : await withToken(request, this.#token, signal);
    return this.#servers.ask(
      serverOf[request.service],
      async (url) => {
        const attempt = new HttpAttempt(this.#clock, answerMsMax(request), signal);
        try {
          return await read(url, await this.#post(url, this.#withRest(proved), attempt), attempt);
        } catch (error) {
          attempt.end();
          throw this.#noticed(networkError(url, error));
        }
      },
      signal,
    );
  }

  async #post(url: string, request: Request, attempt: HttpAttempt): Promise<Response> {
    const { contentType, body } = writeRequestBody(request);
    const shown = tokenAhead(request, body);
    const response = await this.#fetch(this.#urlOf(url, request), {
      method: "POST",
      headers: { "Content-Type": contentType, ...(shown !== undefined && { Authorization: `Bearer ${shown}` }) },
      body,
      signal: attempt.signal,
    });
    attempt.begun();
    if (response.ok) return response;
    throw await readRefusal(response, this.#clock, attempt.signal);
  }

  /** Passes an answer's bytes on; where they break off, the next request goes to another server. */
  async *#watched(
    url: string,
    bytes: AsyncIterable<Uint8Array>,
    attempt: HttpAttempt,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* bytes;
    } catch (error) {
      if (!attempt.signal.aborted) this.#servers.leave(url);
      throw error;
    } finally {
      attempt.end();
    }
  }

  async #stream(request: Request, signal: AbortSignal = new AbortController().signal): Promise<HttpStream> {
    const proved = this.#token === undefined ? request : await withToken(request, this.#token, signal);
    return this.#servers.ask(
      serverOf[request.service],
      async (url) => {
        try {
          const body = JSON.stringify(this.#withRest(proved));
          const address = this.#urlOf(url, request).replace(/^http/, "ws");
          const shown = tokenAhead(proved, body);
          const subprotocols = shown === undefined ? [] : subprotocolsWith(shown);
          const socket = await openWebSocket(address, this.#WebSocket, subprotocols);
          const broke = (error: unknown): void => {
            if (this.#noticed(error) instanceof RedirectError) this.#servers.goTo(url, error as RedirectError);
            else this.#servers.leave(url);
          };
          const stream = new WebSocketStream(socket, {
            clock: this.#clock,
            idleMsMax: answerMsMax(request),
            acknowledgeMsMax: "siteEpoch" in request ? SITE_ACKNOWLEDGED_MS_MAX : STREAM_ACKNOWLEDGED_MS_MAX,
            signal,
            broke,
          });
          await stream.begin(body);
          return stream;
        } catch (error) {
          throw this.#noticed(networkError(url, error));
        }
      },
      signal,
    );
  }

  /** Gives an error back, having noted whether it sends the client elsewhere with all that it asks for. */
  #noticed(error: unknown): unknown {
    if (error instanceof RedirectError && error.only === undefined) this.#sentAtMs = this.#clock.now();
    return error;
  }

  /** Says in a request that the client was sent, for a while. */
  #withRest<T extends object>(request: T): T {
    return this.#clock.now() - this.#sentAtMs < REDIRECT_REST_MS ? { ...request, sentHere: true } : request;
  }

  #urlOf(url: string, { service }: Request): string {
    return url + serverPath(this.#suffix, serverOf[service]);
  }
}

type ReadAnswer<T> = (url: string, response: Response, attempt: HttpAttempt) => T | Promise<T>;

/** Bytes of a character in UTF-8, at most. */
const CHARACTER_BYTES_MAX = 4;

/** Gives the token where it has to come ahead as well: with much behind it, so that the server need not read that from anyone. */
function tokenAhead({ token }: Request, body: string | Uint8Array): string | undefined {
  return body.length * CHARACTER_BYTES_MAX > STRANGER_BODY_BYTES_MAX ? token : undefined;
}

/**
 * Puts a token in a request, and not in a header: a browser's WebSocket sends none, and so POST, stream and other carriers do it
 * alike. Rejects with Network where no token can be had.
 */
export async function withToken<T extends object>(
  request: T,
  token: Token,
  signal: AbortSignal,
): Promise<T & { token: string }> {
  let given: string;
  try {
    given = typeof token === "string" ? token : await token();
  } catch (error) {
    // Whoever gives tokens will be back, as a server would be.
    throw new LiveDistError("Network", "no token could be had for the request", { cause: error });
  }
  signal.throwIfAborted();
  return { ...request, token: given };
}

/** Gives the milliseconds after which an answer counts as not begun. */
export function answerMsMax(request: Request): number {
  return ANSWER_MS_MAX + (request.service === "FetchDeltas" ? request.waitMsMax : 0);
}
