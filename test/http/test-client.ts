import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import { LiveDistError } from "../../src/base/errors.js";
import { readFrames } from "./scripted-service.js";
import { afterThis, DELTA, fetchDeltas, type Served, until } from "./serving.js";

type Options = ClientOptions & { path?: string };

/** A client at the other end of a WebSocket, which keeps what comes until a test takes it. */
export class TestClient {
  readonly socket: WebSocket;
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  /** How many messages came and were not taken. */
  get count(): number {
    return this.#messages.length;
  }
  pings = 0;
  readonly #messages: Buffer[] = [];

  constructor(served: Served, { path = DELTA, ...options }: Options = {}) {
    this.socket = new WebSocket(served.url.replace("http", "ws") + path, options);
    this.socket.on("message", (data) => this.#messages.push(data as Buffer));
    this.socket.on("ping", () => this.pings++);
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.socket.on("close", resolve));
    afterThis(() => this.socket.terminate());
  }

  async open(): Promise<void> {
    await once(this.socket, "open");
  }

  acknowledge(sequence: number): void {
    this.socket.send(JSON.stringify({ acknowledge: sequence }));
  }

  async next(): Promise<Buffer> {
    await until(() => this.#messages.length > 0);
    return this.#messages.shift()!;
  }

  /** Gives the error that ends the stream; passes over what came before. */
  async error(): Promise<LiveDistError> {
    for (;;) {
      const [frame] = readFrames(await this.next());
      if (frame?.kind === "ERROR") return frame.error;
    }
  }

  /** Gives status and error of an upgrade that is refused. */
  async refusal(): Promise<[number, unknown]> {
    const [, response] = (await once(this.socket, "unexpected-response")) as [unknown, IncomingMessage];
    let text = "";
    for await (const piece of response.setEncoding("utf8")) text += String(piece);
    const json = text.startsWith("{") ? (JSON.parse(text) as { error: unknown }) : undefined;
    return [response.statusCode!, json?.error];
  }

  /** Writes bytes past the WebSocket protocol. */
  write(bytes: Uint8Array): void {
    (this.socket as unknown as { _socket: Socket })._socket.write(bytes);
  }
}

/** Opens a stream: the request is sent, the head is on its way. */
export async function openStream(served: Served, options: Options = {}): Promise<TestClient> {
  const client = new TestClient(served, options);
  await client.open();
  client.socket.send(JSON.stringify(fetchDeltas));
  return client;
}
