import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { fromWireError, LiveDistError, toWireError, type WireError } from "../../src/base/errors.js";
import type { HttpServerOptions, HttpServing, IHttpServer } from "../../src/plugs/http-server.js";
import type { IHttpClient } from "../../src/plugs/http-client.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { Request } from "../../src/wire/requests.js";
import { answer, takeApart } from "./answer.js";

/*
 * Another way for requests to travel, without HTTP: a TCP connection for each request. Both sides send parcels: four bytes
 * length, one letter, payload. The client sends q (the request as JSON, tech-ids in hexadecimal); the server p (a piece), j (the
 * JSON of an answer) or e (an error), then ends.
 */
type Parcel = { letter: string; payload: Buffer };

function send(socket: Socket, letter: string, payload: Uint8Array | string): boolean {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(5, letter);
  head.writeUInt32LE(bytes.length);
  return socket.write(Buffer.concat([head, bytes]));
}

async function* parcels(socket: Socket): AsyncGenerator<Parcel> {
  let rest = Buffer.alloc(0);
  for await (const bytes of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32LE()) {
      const end = 5 + rest.readUInt32LE();
      yield { letter: String.fromCharCode(rest[4]!), payload: rest.subarray(5, end) };
      rest = rest.subarray(end);
    }
  }
}

export class TinyServer implements IHttpServer {
  async listen(service: LiveDistService, { host, port }: HttpServerOptions): Promise<HttpServing> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket)).on("error", () => undefined);
      void serve(service, socket);
    }).listen(port, host);
    await once(server, "listening");
    const close = async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.resolve();
    };
    return { url: `tiny://${host}:${(server.address() as AddressInfo).port}`, close };
  }
}

async function serve(service: LiveDistService, socket: Socket): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  try {
    for await (const { payload } of parcels(socket)) {
      const { json, techIds } = JSON.parse(payload.toString()) as { json: string; techIds?: string };
      const answered = await answer(service, json, techIds ? Buffer.from(techIds, "hex") : undefined, gone.signal);
      if ("json" in answered) send(socket, "j", JSON.stringify(answered.json));
      else for await (const piece of answered.pieces) if (!send(socket, "p", piece)) await once(socket, "drain");
      break;
    }
  } catch (error) {
    if (!socket.destroyed) send(socket, "e", JSON.stringify(toWireError(error)));
  }
  socket.end();
}

export class TinyClient implements IHttpClient {
  readonly clientId: string;
  readonly #url: URL;
  readonly #token: string | undefined;

  constructor(clientId: string, url: string, token?: string) {
    this.clientId = clientId;
    this.#url = new URL(url);
    this.#token = token;
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const [first, rest] = await this.#ask(request, signal);
    return (async function* () {
      if (first) yield first.payload;
      for await (const { letter, payload } of rest) yield letter === "e" ? fail(payload) : payload;
    })();
  }

  async json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const [first] = await this.#ask(request, signal);
    if (!first) throw new LiveDistError("Network", "no answer came");
    return JSON.parse(first.payload.toString()) as Record<string, unknown>;
  }

  async #ask(request: Request, signal?: AbortSignal): Promise<[Parcel | undefined, AsyncGenerator<Parcel>]> {
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    socket.on("error", () => undefined);
    signal?.addEventListener("abort", () => socket.destroy(), { once: true });
    const { json, techIds } = takeApart(this.#token ? { ...request, token: this.#token } : request);
    send(socket, "q", JSON.stringify({ json, techIds: techIds && Buffer.from(techIds).toString("hex") }));
    const coming = parcels(socket);
    const first = (await coming.next()).value as Parcel | undefined;
    return [first?.letter === "e" ? fail(first.payload) : first, coming];
  }
}

function fail(payload: Buffer): never {
  throw fromWireError(JSON.parse(payload.toString()) as WireError);
}
