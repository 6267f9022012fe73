import { LiveDistError } from "../../src/base/errors.js";
import type { HttpStream, IHttpClient } from "../../src/plugs/http-client.js";
import type { Request } from "../../src/wire/requests.js";

/** Carries requests to one server, and from a moment on to another: what is under way breaks off then. */
export class MovingClient implements IHttpClient {
  readonly clientId: string;
  readonly stream?: (request: Request, signal?: AbortSignal) => Promise<HttpStream>;
  readonly #clientAt: (server: string) => IHttpClient;
  #client: IHttpClient;
  #stay = new AbortController();

  constructor(clientId: string, clientAt: (server: string) => IHttpClient, server: string) {
    this.clientId = clientId;
    this.#clientAt = clientAt;
    this.#client = clientAt(server);
    if (this.#client.stream) this.stream = (request, signal) => this.#client.stream!(request, this.#staying(signal));
  }

  move(server: string): void {
    this.#stay.abort(new LiveDistError("Network", "the edge moves"));
    this.#stay = new AbortController();
    this.#client = this.#clientAt(server);
  }

  frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#client.frames(request, this.#staying(signal));
  }

  json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    return this.#client.json(request, this.#staying(signal));
  }

  #staying(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#stay.signal : AbortSignal.any([signal, this.#stay.signal]);
  }
}
