import { LiveDistError } from "../../../src/base/errors.js";
import type { HttpStream, IHttpClient } from "../../../src/plugs/http-client.js";
import { nextBatch } from "../../../src/wire/next-batch.js";
import type { LiveDistService } from "../../../src/wire/live-dist-service.js";
import type { FetchDeltasRequest, Request } from "../../../src/wire/requests.js";
import { framesOf, jsonOf, overTheWire } from "../../support/call-service.js";

/** Calls a server in this process, which may be away; remembers what it was asked for. */
export class DirectClient implements IHttpClient {
  readonly clientId: string;
  readonly asked: Request[] = [];
  /** Whether nothing comes over streams, though they are open. */
  isSilent = false;
  readonly #service: () => LiveDistService | undefined;
  readonly #connections = new Set<AbortController>();

  constructor(clientId: string, service: () => LiveDistService | undefined) {
    this.clientId = clientId;
    this.#service = service;
  }

  /** How often a service was asked for. */
  count(service: Request["service"]): number {
    return this.asked.filter((request) => request.service === service).length;
  }

  /** Breaks what is under way. */
  breakOff(): void {
    for (const connection of this.#connections) connection.abort(broken());
    this.#connections.clear();
  }

  frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return framesOf(this.#ask(request), overTheWire(request), this.#connection(signal));
  }

  async json(request: Request): Promise<Record<string, unknown>> {
    return JSON.parse(JSON.stringify(await jsonOf(this.#ask(request), overTheWire(request)))) as Record<
      string,
      unknown
    >;
  }

  async stream(request: Request, signal?: AbortSignal): Promise<HttpStream> {
    const connection = this.#connection(signal);
    const stream = await this.#ask(request).openStream(overTheWire(request) as FetchDeltasRequest, connection);
    const isSilent = (): boolean => this.isSilent;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield stream.head;
      for (;;) {
        const { frames } = await nextBatch(stream);
        if (isSilent()) await new Promise(() => undefined);
        for (const frame of frames) yield frame.slice();
      }
    }
    const bytes = pieces();
    return {
      [Symbol.asyncIterator]: () => bytes,
      acknowledge: (sequence) => stream.acknowledged?.(sequence),
      close: () => undefined,
    };
  }

  #ask(request: Request): LiveDistService {
    this.asked.push(request);
    const service = this.#service();
    if (service === undefined) throw broken();
    return service;
  }

  #connection(signal: AbortSignal | undefined): AbortSignal {
    const connection = new AbortController();
    this.#connections.add(connection);
    return signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal]);
  }
}

function broken(): LiveDistError {
  return new LiveDistError("Network", "the connection broke");
}
