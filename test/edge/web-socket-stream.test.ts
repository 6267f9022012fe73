import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import {
  RECEIVED_BYTES_MAX,
  STREAM_ACKNOWLEDGED_BATCHES_MAX,
  STREAM_ACKNOWLEDGED_BYTES_MAX,
  STREAM_ACKNOWLEDGED_MS_MAX,
} from "../../src/base/limits.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { CONNECT_MS_MAX } from "../../src/edge/web-socket-stream.js";
import type { HttpStream } from "../../src/plugs/http-client.js";
import type { WebSocketEvent, WebSocketLike } from "../../src/plugs/web-socket-like.js";
import type { Request } from "../../src/wire/requests.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { collect, expectCode } from "./expect-code.js";

const sockets: ScriptedSocket[] = [];

/** A WebSocket that a test moves. */
class ScriptedSocket implements WebSocketLike {
  binaryType = "blob";
  readonly log: string[] = [];
  readonly url: string;
  readonly #listeners = new Map<string, (event: WebSocketEvent) => void>();

  constructor(url: string) {
    this.url = url;
    sockets.push(this);
  }

  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
    this.#listeners.set(type, listener);
  }

  emit(type: "open" | "message" | "error" | "close", event: WebSocketEvent = {}): void {
    this.#listeners.get(type)!(event);
  }

  message(...bytes: number[]): void {
    this.emit("message", { data: Uint8Array.from(bytes).buffer });
  }

  send(text: string): void {
    this.log.push(text);
  }

  close(): void {
    this.log.push("close");
  }
}

const request: Request = {
  service: "FetchDeltas",
  clientId: "c1",
  tracking: "transition",
  topicsSlice: "A",
  position: { epoch: "e1", sequence: 5 },
  waitMsMax: 15_000,
};

function open(servers = ["http://a:1"]) {
  sockets.length = 0;
  const clock = new ManualClock();
  const client = new HttpClient({ clientId: "c1", servers, WebSocket: ScriptedSocket, clock });
  const controller = new AbortController();
  const stream = client.stream!(request, controller.signal);
  return { clock, client, stream, controller, socket: sockets[0]! };
}

async function opened(): Promise<Omit<ReturnType<typeof open>, "stream"> & { stream: HttpStream }> {
  const setup = open();
  await settle();
  setup.socket.emit("open");
  return { ...setup, stream: await setup.stream };
}

describe("HttpClient.stream", () => {
  it("sends the request once the WebSocket is open, gives what arrives, and acknowledges", async () => {
    const { socket, stream, clock } = await opened();
    expect([socket.url, socket.binaryType]).toEqual(["ws://a:1/LiveDist1/Delta.config", "arraybuffer"]);
    expect(socket.log).toEqual([JSON.stringify(request)]);
    const bytes = stream[Symbol.asyncIterator]();
    socket.message(1);
    socket.message(2, 3);
    expect((await bytes.next()).value).toEqual(Uint8Array.of(1));
    expect((await bytes.next()).value).toEqual(Uint8Array.of(2, 3));
    stream.acknowledge(7);
    await clock.advance(STREAM_ACKNOWLEDGED_MS_MAX);
    expect(socket.log.slice(1)).toEqual(['{"acknowledge":7}']);
  });

  it("acknowledges once for all that is taken within a while, at once what would fill the server's window", async () => {
    const { socket, stream, clock } = await opened();
    const acknowledged = () => socket.log.splice(1);
    for (const sequence of [7, 8, 9]) stream.acknowledge(sequence);
    expect(acknowledged()).toEqual([]);
    await clock.advance(STREAM_ACKNOWLEDGED_MS_MAX);
    expect(acknowledged()).toEqual(['{"acknowledge":9}']);
    for (let count = 1; count <= STREAM_ACKNOWLEDGED_BATCHES_MAX; count++) stream.acknowledge(9 + count);
    expect(acknowledged()).toEqual([`{"acknowledge":${9 + STREAM_ACKNOWLEDGED_BATCHES_MAX}}`]);
    socket.emit("message", { data: new ArrayBuffer(STREAM_ACKNOWLEDGED_BYTES_MAX) });
    stream.acknowledge(200);
    expect(acknowledged()).toEqual(['{"acknowledge":200}']);
    await clock.advance(STREAM_ACKNOWLEDGED_MS_MAX);
    expect(acknowledged()).toEqual([]);
  });

  it("uses TLS where the server does", () => {
    expect(open(["https://a"]).socket.url).toBe("wss://a/LiveDist1/Delta.config");
  });

  it("gives what had arrived before the connection broke, then throws Network", async () => {
    const { socket, stream, clock } = await opened();
    socket.message(1);
    socket.emit("close");
    const got: Uint8Array[] = [];
    await expectCode(
      (async () => {
        for await (const bytes of stream) got.push(bytes);
      })(),
      "Network",
    );
    expect(got).toEqual([Uint8Array.of(1)]);
    stream.acknowledge(7);
    expect(socket.log).toEqual([JSON.stringify(request), "close"]);
    expect(clock.delaysMs).toEqual([]);
  });

  it("tries the next server where the WebSocket does not open, and leaves one that broke", async () => {
    const { client, stream, socket } = open(["http://a:1", "http://b:2"]);
    await settle();
    socket.emit("error", { message: "Unexpected server response: 503" });
    await settle();
    sockets[1]!.emit("open");
    const reading = expectCode(collect(await stream), "Network");
    await settle();
    sockets[1]!.emit("error");
    await reading;
    void client.stream!(request);
    await settle();
    expect(sockets.map(({ url }) => new URL(url).host)).toEqual(["a:1", "b:2", "a:1"]);
  });

  it("throws Network where the WebSocket does not open in time, or nothing comes for too long", async () => {
    const slow = open();
    const opening = expectCode(slow.stream, "Network");
    await slow.clock.advance(CONNECT_MS_MAX);
    await opening;
    expect(slow.socket.log).toEqual(["close"]);

    const silent = await opened();
    const reading = expectCode(collect(silent.stream), "Network");
    await silent.clock.advance(15_000 + 30_000);
    await reading;
    expect(silent.socket.log.at(-1)).toBe("close");
  });

  it("ends when it is closed, its reader breaks off or the signal aborts", async () => {
    const closed = await opened();
    const reading = expectCode(collect(closed.stream), "Closed");
    await settle();
    closed.stream.close();
    await reading;

    const brokenOff = await opened();
    brokenOff.socket.message(1);
    for await (const bytes of brokenOff.stream) {
      expect(bytes).toHaveLength(1);
      break;
    }

    const aborted = await opened();
    aborted.controller.abort();
    await expectCode(collect(aborted.stream), "Closed");

    const early = open();
    const opening = expectCode(early.stream, "Closed");
    early.controller.abort();
    await opening;
    for (const { socket } of [closed, brokenOff, aborted, early]) expect(socket.log.at(-1)).toBe("close");
  });

  it("throws Request for text, and Limit where the server does not heed the window", async () => {
    const text = await opened();
    text.socket.emit("message", { data: "hello" });
    await expectCode(collect(text.stream), "Request");

    const flood = await opened();
    const large = new ArrayBuffer(RECEIVED_BYTES_MAX / 2);
    for (let count = 0; count < 3; count++) flood.socket.emit("message", { data: large });
    await expectCode(collect(flood.stream), "Limit");
    expect(flood.socket.log.at(-1)).toBe("close");
  });

  it("throws Network where the environment refuses to make a WebSocket", async () => {
    class Refusing extends ScriptedSocket {
      constructor(url: string) {
        super(url);
        throw new DOMException("mixed content", "SecurityError");
      }
    }
    const client = new HttpClient({ clientId: "c1", servers: ["http://a:1"], WebSocket: Refusing });
    const refused = client.stream!(request);
    await expect(refused).rejects.toBeInstanceOf(LiveDistError);
    await expect(refused).rejects.toMatchObject({ code: "Network" });
  });
});
