import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { ClientDisabledError, LiveDistError, TopicNotInSliceError } from "../../src/base/errors.js";
import { FRAMES_CONTENT_TYPE } from "../../src/wire/frames.js";
import { batch, end, head, kindsOf, readFrames } from "./scripted-service.js";
import {
  bytesOf,
  CACHE,
  errorOf,
  fullLoad,
  open,
  post,
  postHead,
  readToEnd,
  serve,
  settled,
  until,
} from "./serving.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

const body = JSON.stringify(fullLoad);

/** A load that waits for its signal after the head, and notes what becomes of it. */
function waitingLoad() {
  const seen = { begun: 0, returned: 0, reason: undefined as unknown };
  async function* pieces(signal: AbortSignal): AsyncIterable<AnswerPiece> {
    seen.begun++;
    try {
      yield [head];
      if (!signal.aborted) await once(signal, "abort");
      seen.reason = signal.reason;
      yield [end];
    } finally {
      seen.returned++;
    }
  }
  return { seen, fullLoad: (_request: unknown, signal: AbortSignal) => Promise.resolve(pieces(signal)) };
}

/** A load of many pieces that counts how many were asked for. */
function countedLoad(count: number, bytes: number) {
  const seen = { asked: 0, returned: false };
  async function* pieces(): AsyncIterable<AnswerPiece> {
    try {
      const piece = batch(1, bytes).frames[0]!;
      for (; seen.asked < count; seen.asked++) yield [await Promise.resolve(piece)];
    } finally {
      seen.returned = true;
    }
  }
  return { seen, fullLoad: () => Promise.resolve(pieces()) };
}

describe("loads", () => {
  it("are sent as they are made", async () => {
    const { seen, fullLoad: load } = countedLoad(100, 10_000);
    const served = await serve({ fullLoad: load });
    const response = await post(served.url + CACHE, fullLoad);
    expect(response.headers.get("content-type")).toBe(FRAMES_CONTENT_TYPE);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(kindsOf(await bytesOf(response))).toEqual(Array<string>(100).fill("ROW"));
    expect(seen.returned).toBe(true);
  });

  it.each([
    [8_000, 9_000, 30_000, 30_000, 30_000],
    [60_000, 60_000],
    [16_383, 1],
  ])("are sent to their end whatever the lengths of their buffers: %j", async (...lengths) => {
    async function* pieces(): AsyncGenerator<AnswerPiece> {
      for (let piece = 0; piece < 20; piece++) {
        yield lengths.map((length) => new Uint8Array(length));
        await Promise.resolve();
      }
    }
    const served = await serve({ fullLoad: () => Promise.resolve(pieces()) });
    const bytes = await bytesOf(await post(served.url + CACHE, body));
    expect(bytes.length).toBe(20 * lengths.reduce((sum, length) => sum + length, 0));
  });

  it("that fail before their first frame have a status", async () => {
    const failures = [
      () => Promise.reject(new TopicNotInSliceError("A")),
      () =>
        Promise.resolve({
          [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new TopicNotInSliceError("A")) }),
        }),
    ];
    const served = await serve({ fullLoad: () => failures.shift()!() });
    for (let count = 0; count < 2; count++) {
      const response = await post(served.url + CACHE, fullLoad);
      expect(response.status).toBe(409);
      expect(await errorOf(response)).toEqual({ code: "TopicNotInSlice", message: "A" });
    }
  });

  it("that fail in the middle end with an ERROR frame, and the connection goes on", async () => {
    const failures = [new LiveDistError("Closed", "bye"), new TypeError("secret")];
    const served = await serve({
      fullLoad: () =>
        Promise.resolve(
          (async function* () {
            yield [head];
            await Promise.resolve();
            throw failures.shift()!;
          })(),
        ),
    });
    for (const code of ["Closed", "Internal"]) {
      const response = await post(served.url + CACHE, fullLoad);
      expect(response.status).toBe(200);
      const frames = readFrames(await bytesOf(response));
      expect(frames).toMatchObject([{ kind: "HEAD" }, { kind: "ERROR", error: { code } }]);
    }
    expect(served.log.errors.map(({ err }) => (err as Error).message)).toEqual(["secret"]);
  });

  it("wait for a client that does not read, and go on when it does", async () => {
    const count = 1_000;
    const bytes = 65_536;
    const { seen, fullLoad: load } = countedLoad(count, bytes);
    const served = await serve({ fullLoad: load });
    const socket = await open(served);
    socket.pause();
    socket.write(postHead(CACHE, body.length) + body);
    await until(() => seen.asked > 0);
    expect(await settled(() => seen.asked)).toBeLessThan(count / 2);
    let read = 0;
    socket.on("data", (piece) => (read += piece.length)).resume();
    await until(() => read > count * bytes);
    expect(seen).toEqual({ asked: count, returned: true });
  });

  it("end where the client leaves: one that reads, one that does not, one that has nothing to read", async () => {
    const counted = countedLoad(Number.MAX_SAFE_INTEGER, 65_536);
    const served = await serve({ fullLoad: counted.fullLoad });
    const socket = await open(served);
    socket.pause();
    socket.write(postHead(CACHE, body.length) + body);
    await settled(() => counted.seen.asked);
    socket.destroy();
    await until(() => counted.seen.returned);

    const reading = countedLoad(Number.MAX_SAFE_INTEGER, 65_536);
    const readingServer = await serve({ fullLoad: reading.fullLoad });
    const aborter = new AbortController();
    const response = await post(readingServer.url + CACHE, fullLoad, { signal: aborter.signal });
    await response.body!.getReader().read();
    aborter.abort();
    await until(() => reading.seen.returned);

    const waiting = waitingLoad();
    const waitingServer = await serve({ fullLoad: waiting.fullLoad });
    const other = await open(waitingServer);
    other.write(postHead(CACHE, body.length) + body);
    await once(other, "data");
    other.resetAndDestroy();
    await until(() => waiting.seen.returned === 1);
    expect(waiting.seen.reason).toMatchObject({ code: "Network" });
    for (const { log } of [served, readingServer, waitingServer]) expect(log.errors).toEqual([]);
  });

  it("end where the client takes nothing for too long", async () => {
    const { seen, fullLoad: load } = countedLoad(Number.MAX_SAFE_INTEGER, 65_536);
    const served = await serve({ fullLoad: load }, { limits: { connectionIdleMsMax: 50 } });
    const socket = await open(served);
    socket.pause();
    socket.write(postHead(CACHE, body.length) + body);
    await until(() => seen.returned);
  });

  it("end where they have ended by themselves, though their client takes nothing", async () => {
    const { seen, fullLoad: load } = countedLoad(Number.MAX_SAFE_INTEGER, 65_536);
    const disabling = new AbortController();
    const served = await serve({
      fullLoad: async () => Object.assign(await load(), { ended: disabling.signal }),
    });
    const socket = await open(served);
    socket.pause();
    socket.write(postHead(CACHE, body.length) + body);
    await settled(() => seen.asked);
    disabling.abort(new ClientDisabledError("off"));
    await until(() => seen.returned);
    expect(served.log.errors).toEqual([]);
    expect(await readToEnd(socket.resume().end())).toContain("ClientDisabled");
  });

  it("run only so many at once", async () => {
    const { seen, fullLoad: load } = waitingLoad();
    const served = await serve({ fullLoad: load }, { limits: { loadsMax: 2 } });
    const aborters = [new AbortController(), new AbortController()];
    await Promise.all(aborters.map(({ signal }) => post(served.url + CACHE, fullLoad, { signal })));
    const refused = await post(served.url + CACHE, fullLoad);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await errorOf(refused)).toMatchObject({
      code: "Limit",
      message: expect.stringContaining("LOADS_MAX") as string,
    });
    expect(seen.begun).toBe(2);
    aborters[0]!.abort();
    await until(() => seen.returned === 1);
    const response = await post(served.url + CACHE, fullLoad, { signal: aborters[1]!.signal });
    expect(response.status).toBe(200);
    aborters[1]!.abort();
  });
});
