import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../support/manual-clock.js";
import { head, readFrames, ScriptedStream } from "./scripted-service.js";
import {
  bytesOf,
  CACHE,
  DELTA,
  errorOf,
  fetchDeltas,
  fullLoad,
  open,
  post,
  postHead,
  serve,
  settled,
  until,
} from "./serving.js";
import { openStream } from "./test-client.js";

const aborted = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, "abort");
  throw new DOMException("aborted", "AbortError");
};

describe("closing", () => {
  it("tells requests, loads and streams that the server is closed, and then refuses connections", async () => {
    const clock = new ManualClock();
    const streams: ScriptedStream[] = [];
    const served = await serve(
      {
        fetchDeltas: (_request, signal) => aborted(signal),
        fullLoad: (_request, signal) =>
          Promise.resolve(
            (async function* () {
              yield [head];
              await aborted(signal);
            })(),
          ),
        openStream: (_request, signal) => {
          streams.push(new ScriptedStream(signal));
          return Promise.resolve(streams[0]!);
        },
      },
      { clock },
    );
    await (await fetch(served.url + DELTA)).text();
    const fetching = post(served.url + DELTA, fetchDeltas);
    const load = await post(served.url + CACHE, fullLoad);
    const client = await openStream(served);
    await client.next();
    // As browsers open connections ahead of what they will ask.
    const unused = await open(served);
    // The clock stands still: nothing may need to be cut off.
    await Promise.all([served.close(), served.close()]);

    const fetched = await fetching;
    expect([fetched.status, (await errorOf(fetched)).code]).toEqual([503, "Closed"]);
    expect(readFrames(await bytesOf(load))).toMatchObject([
      { kind: "HEAD" },
      { kind: "ERROR", error: { code: "Closed" } },
    ]);
    expect(await client.error()).toMatchObject({ code: "Closed" });
    expect(await client.closed).toBe(1001);
    expect(streams[0]!.isAborted).toBe(true);
    expect(clock.delaysMs.length).toBe(0);
    expect(served.log.errors).toEqual([]);
    await expect(fetch(served.url + DELTA)).rejects.toThrow();
    await until(() => unused.resume().destroyed);
  });

  it("cuts off who does not read, who has not sent a whole request, and who does not answer", async () => {
    const clock = new ManualClock();
    let asked = 0;
    const served = await serve(
      {
        fullLoad: () =>
          Promise.resolve(
            (async function* () {
              for (;;) {
                asked++;
                yield [await Promise.resolve(new Uint8Array(65_536))];
              }
            })(),
          ),
        openStream: (_request, signal) => Promise.resolve(new ScriptedStream(signal)),
      },
      { clock },
    );
    const body = JSON.stringify(fullLoad);
    const slow = await open(served);
    slow.pause();
    slow.write(postHead(CACHE, body.length) + body);
    const half = await open(served);
    half.write(postHead(CACHE, 100));
    const unused = await open(served);
    const client = await openStream(served);
    await client.next();
    client.socket.pause();
    await settled(() => asked);

    let isClosed = false;
    const closing = served.close().then(() => (isClosed = true));
    await settled(() => asked);
    expect(isClosed).toBe(false);
    clock.pass(200);
    await closing;
    expect(clock.delaysMs.length).toBe(0);
    client.socket.resume();
    await client.closed;
    await until(() => half.resume().destroyed && unused.resume().destroyed);
  });

  it("ends a load that does not heed its signal", async () => {
    const served = await serve(
      {
        fullLoad: () =>
          Promise.resolve(
            (async function* () {
              for (;;) {
                yield [head];
                await new Promise((resolve) => setImmediate(resolve));
              }
            })(),
          ),
      },
      { clock: new ManualClock() },
    );
    const load = await post(served.url + CACHE, fullLoad);
    const read = bytesOf(load);
    await served.close();
    expect(readFrames(await read).at(-1)).toMatchObject({ kind: "ERROR", error: { code: "Closed" } });
  });

  const notify = '{"service":"Notify"}';
  it.each([
    ["request", postHead(DELTA, notify.length) + notify],
    [
      "upgrade",
      `GET ${DELTA} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    ],
  ])("refuses a %s that still comes on an open connection", async (_what, request) => {
    const served = await serve({}, { clock: new ManualClock() });
    const socket = await open(served);
    socket.write(request.slice(0, 20));
    await settled(() => socket.bytesWritten);
    const closing = served.close();
    let text = "";
    socket.on("data", (piece) => (text += piece.toString()));
    socket.write(request.slice(20));
    await closing;
    await until(() => text.includes('"Closed"'));
    expect(text).toMatch(/^HTTP\/1.1 503 /);
  });

  it("leaves nothing that keeps the process alive", async () => {
    const script = fileURLToPath(new URL("serve-and-close.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (piece) => (said += String(piece)));
    const [code] = (await once(child, "exit")) as [number | null];
    expect([code, said]).toEqual([0, "closed\n"]);
  });
});
