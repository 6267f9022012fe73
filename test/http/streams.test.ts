import { describe, expect, it } from "vitest";
import { ClientDisabledError, LiveDistError } from "../../src/base/errors.js";
import type { ServeHttpOptions } from "../../src/http/serve-http.js";
import { ManualClock } from "../support/manual-clock.js";
import { batch, kindsOf, readFrames, ScriptedStream } from "./scripted-service.js";
import {
  CACHE,
  DELTA,
  fetchDeltas,
  fullLoad,
  open,
  post,
  readToEnd,
  send,
  serve,
  type Served,
  settled,
  until,
} from "./serving.js";
import { openStream, TestClient } from "./test-client.js";

async function serveStreams(options: Partial<ServeHttpOptions> = {}) {
  const streams: ScriptedStream[] = [];
  const served = await serve(
    {
      openStream: (request, signal) => {
        expect(request).toEqual(fetchDeltas);
        const stream = new ScriptedStream(signal);
        streams.push(stream);
        return Promise.resolve(stream);
      },
    },
    options,
  );
  return { served, streams };
}

async function expectServed(served: Served): Promise<void> {
  const client = await openStream(served);
  expect(kindsOf(await client.next())).toEqual(["HEAD"]);
  client.socket.terminate();
}

describe("streams", () => {
  it("send the head and then each batch as one message", async () => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    expect(kindsOf(await client.next())).toEqual(["HEAD"]);
    streams[0]!.push(batch(2), batch(3, 200_000));
    expect(readFrames(await client.next())).toEqual([{ kind: "POSITION", sequence: 2, connectedToCenter: true }]);
    expect(kindsOf(await client.next())).toEqual(["ROW", "POSITION"]);
    client.acknowledge(3);
    streams[0]!.push(batch(4));
    expect(kindsOf(await client.next())).toEqual(["POSITION"]);
  });

  it("send nothing into the middle of a large batch", async () => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    await client.next();
    streams[0]!.push(batch(2), batch(3, 500_000), batch(4), batch(5, 500_000), batch(6));
    for (const sequence of [2, 3, 4, 5, 6])
      expect(readFrames(await client.next()).at(-1)).toMatchObject({ kind: "POSITION", sequence });
  });

  it("R48: tell the service what the client acknowledges, and nothing that it was not sent", async () => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    await client.next();
    streams[0]!.push(batch(2), batch(3));
    await client.next();
    client.acknowledge(2);
    await until(() => streams[0]!.taken.length === 1);
    await client.next();
    client.acknowledge(3);
    client.acknowledge(4);
    await until(() => streams[0]!.isAborted);
    expect(streams[0]!.taken).toEqual([2, 3]);
  });

  it("send no more than the window before they are acknowledged, and ask for no more", async () => {
    const limits = { windowBytesMax: 3_500, batchBytesMax: 1_100 };
    const { served, streams } = await serveStreams({ limits });
    const client = await openStream(served);
    await client.next();
    for (let sequence = 2; sequence <= 20; sequence++) streams[0]!.push(batch(sequence, 1_000));
    expect(await settled(() => client.count)).toBe(3);
    expect(streams[0]!.asked).toBe(3);
    client.acknowledge(2);
    expect(await settled(() => client.count)).toBe(4);
    client.acknowledge(5);
    expect(await settled(() => client.count)).toBe(7);
    expect(streams[0]!.asked).toBe(7);
  });

  it("send a batch that is larger than the window when nothing else is on its way", async () => {
    const limits = { windowBytesMax: 1_000, batchBytesMax: 500 };
    const { served, streams } = await serveStreams({ limits });
    const client = await openStream(served);
    await client.next();
    streams[0]!.push(batch(2, 200), batch(3, 1_000_000), batch(4, 100));
    expect(await settled(() => client.count)).toBe(1);
    client.acknowledge(2);
    await until(() => client.count === 2);
    expect(await settled(() => streams[0]!.asked)).toBe(2);
    client.acknowledge(3);
    await until(() => client.count === 3);
  });

  it("hold nothing for a client that acknowledges but does not read", async () => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    await client.next();
    client.socket.pause();
    const stream = streams[0]!;
    for (let sequence = 2; sequence < 200; sequence++) {
      stream.push(batch(sequence, 500_000));
      await settledSoon();
      if (stream.asked >= sequence - 1) client.acknowledge(Math.max(1, stream.asked - 1));
    }
    expect(await settled(() => stream.asked)).toBeLessThan(100);
    client.socket.resume();
    await until(() => client.count > 0);
  });

  it("end with an ERROR frame and a code that says whose fault it was", async () => {
    for (const [error, code, closeCode] of [
      [new ClientDisabledError("off"), "ClientDisabled", 1008],
      [new LiveDistError("Closed", "bye"), "Closed", 1001],
      [new TypeError("secret"), "Internal", 1011],
    ] as const) {
      const { served, streams } = await serveStreams();
      const client = await openStream(served);
      await client.next();
      await until(() => streams[0]!.asked === 1);
      streams[0]!.fail(error);
      expect(await client.error()).toMatchObject({ code });
      expect(await client.closed).toBe(closeCode);
      expect(served.log.errors.map(({ err }) => err)).toEqual(closeCode === 1011 ? [error] : []);
      expect(streams[0]!.isAborted).toBe(true);
    }
  });

  it("end at once by themselves, though their client acknowledges nothing and so is not asked for", async () => {
    const { served, streams } = await serveStreams({ limits: { windowBatchesMax: 1 } });
    const client = await openStream(served);
    await client.next();
    streams[0]!.push(batch(2));
    await client.next();
    expect(await settled(() => streams[0]!.asked)).toBe(1);
    streams[0]!.end(new ClientDisabledError("off"));
    expect(await client.error()).toBeInstanceOf(ClientDisabledError);
    expect(await client.closed).toBe(1008);
    expect(streams[0]!.isAborted).toBe(true);
  });

  it("that have ended when they are opened end the same way", async () => {
    const ended = new ScriptedStream(new AbortController().signal);
    ended.end(new ClientDisabledError("off"));
    const served = await serve({ openStream: () => Promise.resolve(ended) });
    const client = await openStream(served);
    expect(await client.error()).toBeInstanceOf(ClientDisabledError);
    expect(await client.closed).toBe(1008);
  });

  it("that cannot be opened end the same way", async () => {
    const served = await serve({ openStream: () => Promise.reject(new ClientDisabledError("off")) });
    const client = await openStream(served);
    expect(await client.error()).toBeInstanceOf(ClientDisabledError);
    expect(await client.closed).toBe(1008);
  });

  it.each([
    ["no JSON", "hello"],
    ["binary", Buffer.from(JSON.stringify(fetchDeltas))],
    ["another service", JSON.stringify(fullLoad)],
    ["an acknowledgement", '{"acknowledge":1}'],
    ["an empty message", ""],
  ])("refuse %s as the first message", async (_what, message) => {
    const { served, streams } = await serveStreams();
    const client = new TestClient(served);
    await client.open();
    client.socket.send(message);
    expect(await client.error()).toMatchObject({ code: "Request" });
    expect(await client.closed).toBe(1008);
    expect(streams).toEqual([]);
    await expectServed(served);
  });

  it.each([
    ["no JSON", "hello"],
    ["binary", Buffer.from('{"acknowledge":1}')],
    ["a second request", JSON.stringify(fetchDeltas)],
    ["an acknowledgement of what was not sent", '{"acknowledge":3}'],
    ["an acknowledgement of no sequence", '{"acknowledge":-1}'],
  ])("refuse %s later on", async (_what, message) => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    await client.next();
    streams[0]!.push(batch(2));
    await client.next();
    client.socket.send(message);
    expect(await client.error()).toMatchObject({ code: "Request" });
    expect(await client.closed).toBe(1008);
    await until(() => streams[0]!.isAborted);
    await expectServed(served);
  });

  it("that end within a message end with their code alone: a frame would be taken for a part of it", async () => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    await client.next();
    client.socket.pause();
    streams[0]!.push(batch(2, 30_000_000));
    await settled(() => streams[0]!.asked);
    client.socket.send("hello");
    await until(() => streams[0]!.isAborted);
    client.socket.resume();
    expect(await client.closed).toBe(1008);
    expect(client.count).toBe(0);
  });

  it("refuse messages above the limit, and what is no WebSocket frame", async () => {
    const { served } = await serveStreams({ limits: { requestBytesMax: 1_000 } });
    const large = await openStream(served);
    large.socket.send("x".repeat(1_001));
    expect(await large.closed).toBe(1009);
    const garbage = await openStream(served);
    await garbage.next();
    garbage.write(Buffer.alloc(100, 0xff));
    expect(await garbage.closed).toBe(1002);
    await expectServed(served);
  });

  it("are told to leave where no request comes in time", async () => {
    const clock = new ManualClock();
    const { served } = await serveStreams({ clock, limits: { streamRequestMsMax: 10, pingMs: 1_000 } });
    const silent = new TestClient(served);
    await silent.open();
    const client = await openStream(served);
    await client.next();
    clock.pass(10);
    expect(await silent.error()).toMatchObject({ code: "Request" });
    expect(await silent.closed).toBe(1008);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it("are dropped where a ping is not answered by the next", async () => {
    const clock = new ManualClock();
    const { served, streams } = await serveStreams({ clock, limits: { pingMs: 10 } });
    const lively = await openStream(served);
    const dead = await openStream(served, { autoPong: false });
    await Promise.all([lively.next(), dead.next()]);
    for (let beat = 0; beat < 2; beat++) {
      const pings = lively.pings;
      clock.pass(10);
      await until(() => lively.pings > pings);
      // The pong is at the server before what is sent after it.
      lively.acknowledge(1);
      await post(served.url + DELTA, { service: "Notify" });
      await settled(() => dead.pings);
    }
    expect(await dead.closed).toBe(1006);
    expect(lively.socket.readyState).toBe(lively.socket.OPEN);
    await until(() => streams.filter((stream) => stream.isAborted).length === 1);
  });

  it("end their work when the client leaves, in whatever way, and leave no timer", async () => {
    const clock = new ManualClock();
    const { served, streams } = await serveStreams({ clock });
    for (const leave of [
      (client: TestClient) => client.socket.close(),
      (client: TestClient) => client.socket.terminate(),
    ]) {
      const client = await openStream(served);
      await client.next();
      leave(client);
      await until(() => streams.every((stream) => stream.isAborted));
    }
    expect(streams).toHaveLength(2);
    expect(clock.delaysMs.length).toBe(0);
    expect(served.log.errors).toEqual([]);
  });

  it("that leave in the middle of a large message hurt nobody", async () => {
    const { served, streams } = await serveStreams();
    const client = await openStream(served);
    await client.next();
    client.socket.pause();
    streams[0]!.push(batch(2, 30_000_000));
    await settled(() => streams[0]!.asked);
    client.socket.terminate();
    await until(() => streams[0]!.isAborted);
    await expectServed(served);
    expect(served.log.errors).toEqual([]);
  });
});

describe("upgrades", () => {
  it.each([CACHE, "/", `${DELTA}/x`])("are refused at %s", async (path) => {
    const { served } = await serveStreams();
    expect(await new TestClient(served, { path }).refusal()).toMatchObject([404, { code: "Request" }]);
  });

  it("are refused from pages of other hosts, and under other names of this host", async () => {
    const { served } = await serveStreams();
    for (const headers of [{ Origin: "http://evil.example" }, { Origin: "null" }, { Host: "evil.example" }]) {
      expect(await new TestClient(served, { headers }).refusal()).toMatchObject([403, { code: "Permission" }]);
    }
    const client = await openStream(served, { headers: { Origin: served.url } });
    expect(kindsOf(await client.next())).toEqual(["HEAD"]);
  });

  it("are refused beyond the number of streams", async () => {
    const { served } = await serveStreams({ limits: { socketsMax: 1 } });
    const client = await openStream(served);
    await client.next();
    expect(await new TestClient(served).refusal()).toMatchObject([503, { code: "Limit" }]);
    client.socket.close();
    await client.closed;
    await settledSoon();
    await expectServed(served);
  });

  it("to another protocol, and broken ones, are refused", async () => {
    const { served } = await serveStreams();
    const h2c = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AA" };
    expect(await send(served, "GET", DELTA, h2c)).toMatchObject({ status: 400, json: { error: { code: "Request" } } });
    const socket = await open(served);
    socket.write(`GET ${DELTA} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 400 /);
    await expectServed(served);
  });
});

/** Lets sockets hand over what is on its way. */
async function settledSoon(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
