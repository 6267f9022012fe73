import type { Clock } from "../../src/base/clock.js";
import { RedirectError } from "../../src/base/errors.js";
import { REDIRECT_REST_MS } from "../../src/base/limits.js";
import type { Random } from "../../src/base/random.js";
import { ServerList } from "../../src/edge/server-list.js";
import type { HttpStream, IHttpClient } from "../../src/plugs/http-client.js";
import { type Request, serverOf } from "../../src/wire/requests.js";

export interface RoamingClientParts {
  readonly clientId: string;
  /** Where it begins, and where else it may go. */
  readonly urls: readonly string[];
  readonly isStreaming: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly clientAt: (url: string) => IHttpClient;
}

/** Carries requests to one of several servers of a site, and goes where HttpClient would: to another that is sent to, or that is left. */
export class RoamingClient implements IHttpClient {
  readonly clientId: string;
  readonly stream?: (request: Request, signal?: AbortSignal) => Promise<HttpStream>;
  readonly #parts: RoamingClientParts;
  readonly #servers: ServerList;
  readonly #clients = new Map<string, IHttpClient>();
  #sentAtMs = -Infinity;

  constructor(parts: RoamingClientParts) {
    this.clientId = parts.clientId;
    this.#parts = parts;
    this.#servers = new ServerList(parts.urls, parts.random);
    if (parts.isStreaming) this.stream = (request, signal) => this.#stream(request, signal);
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#ask(request, signal, async (url, client, asked) =>
      this.#watched(url, await client.frames(asked, signal), signal),
    );
  }

  json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    return this.#ask(request, signal, (_, client, asked) => client.json(asked, signal));
  }

  #stream(request: Request, signal?: AbortSignal): Promise<HttpStream> {
    return this.#ask(request, signal, async (url, client, asked) => {
      const stream = await client.stream!(asked, signal);
      const watched = this.#watched(url, stream, signal);
      return {
        [Symbol.asyncIterator]: () => watched,
        acknowledge: (sequence) => stream.acknowledge(sequence),
        close: () => stream.close(),
      };
    });
  }

  #ask<T>(
    request: Request,
    signal: AbortSignal | undefined,
    attempt: (url: string, client: IHttpClient, asked: Request) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#parts;
    return this.#servers.ask(
      serverOf[request.service],
      async (url) => {
        const isSent = clock.now() - this.#sentAtMs < REDIRECT_REST_MS;
        try {
          return await attempt(url, this.#clientOf(url), isSent ? { ...request, sentHere: true } : request);
        } catch (error) {
          this.#notice(error);
          throw error;
        }
      },
      signal,
    );
  }

  /** Passes an answer on; where it breaks off, another server is asked next. */
  async *#watched(
    url: string,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      this.#notice(error);
      if (error instanceof RedirectError) this.#servers.goTo(url, error);
      else if (!signal?.aborted) this.#servers.leave(url);
      throw error;
    }
  }

  #notice(error: unknown): void {
    if (error instanceof RedirectError && error.only === undefined) this.#sentAtMs = this.#parts.clock.now();
  }

  #clientOf(url: string): IHttpClient {
    const client = this.#clients.get(url) ?? this.#parts.clientAt(url);
    this.#clients.set(url, client);
    return client;
  }
}
