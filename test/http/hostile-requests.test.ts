import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { REQUEST_BYTES_MAX } from "../../src/base/limits.js";
import { allowAll } from "../../src/plugs/permit.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";
import { head } from "./scripted-service.js";
import {
  CACHE,
  DELTA,
  errorOf,
  fetchDeltas,
  fullLoad,
  open,
  post,
  postHead,
  readToEnd,
  send,
  serve,
  type Served,
  until,
} from "./serving.js";

const notify = '{"service":"Notify"}';

async function* endless(): AsyncGenerator<AnswerPiece> {
  const piece = new Uint8Array(100_000);
  for (;;) {
    yield [piece];
    await Promise.resolve();
  }
}

async function expectServed(served: Served): Promise<void> {
  const response = await post(served.url + DELTA, notify);
  expect([response.status, await response.json()]).toEqual([200, {}]);
  expect(served.log.errors).toEqual([]);
}

describe("hostile requests", () => {
  it.each(["", "{", "null", "[]", "1", '"x"', "{}", '{"service":"__proto__"}', '{"service":1}', "\u0000"])(
    "with the body %j are refused",
    async (body) => {
      const served = await serve();
      const response = await post(served.url + DELTA, body);
      expect([response.status, (await errorOf(response)).code]).toEqual([400, "Request"]);
      await expectServed(served);
    },
  );

  it("with bytes that are not UTF-8 are refused", async () => {
    const served = await serve();
    const response = await post(served.url + DELTA, "", { body: Buffer.from([0x7b, 0xff, 0x7d]) });
    expect([response.status, (await errorOf(response)).code]).toEqual([400, "Request"]);
    await expectServed(served);
  });

  it("may be as large as the limit and no larger, with a length or without", async () => {
    const served = await serve();
    const fits = notify.padEnd(REQUEST_BYTES_MAX);
    expect((await post(served.url + DELTA, fits)).status).toBe(200);
    const tooLarge = await send(served, "POST", DELTA, { "Content-Type": "application/json" }, `${fits} `);
    expect([tooLarge.status, tooLarge.json.error?.code]).toEqual([413, "Limit"]);
    const chunked = await send(
      served,
      "POST",
      DELTA,
      { "Content-Type": "application/json", "Transfer-Encoding": "chunked" },
      "x".repeat(3 * REQUEST_BYTES_MAX),
    );
    expect([chunked.status, chunked.json.error?.code]).toEqual([413, "Limit"]);
    await expectServed(served);
  });

  it.each([
    ["a length", (bytes: number) => postHead(DELTA, bytes), (body: string) => body],
    [
      "chunks",
      () => postHead(DELTA, 0).replace("Content-Length: 0", "Transfer-Encoding: chunked"),
      (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])("that are too large, with %s, leave their connection usable", async (_kind, headOf, bodyOf) => {
    const served = await serve({}, { limits: { requestBytesMax: 1_000 } });
    const socket = await open(served);
    let text = "";
    socket.on("data", (piece) => (text += piece.toString()));
    const body = "x".repeat(500_000);
    socket.write(headOf(body.length) + bodyOf(body));
    await until(() => text.includes('"Limit"'));
    expect(text).toMatch(/^HTTP\/1.1 413 /);
    text = "";
    socket.write(postHead(DELTA, notify.length) + notify);
    await until(() => text.endsWith("{}"));
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    await expectServed(served);
  });

  it("that are refused before their body was read leave their connection usable", async () => {
    const served = await serve();
    const socket = await open(served);
    let text = "";
    socket.on("data", (piece) => (text += piece.toString()));
    const body = "x".repeat(500_000);
    socket.write(postHead(DELTA, body.length).replace("application/json", "text/plain") + body);
    await until(() => text.includes('"Request"'));
    text = "";
    socket.write(postHead(DELTA, notify.length) + notify);
    await until(() => text.endsWith("{}"));
    await expectServed(served);
  });

  it("that break off in the middle hurt nobody", async () => {
    const served = await serve();
    for (const half of ["P", "POST /x HTTP/1.1\r\nHo", postHead(DELTA, 100), `${postHead(DELTA, 100)}{"service"`]) {
      const socket = await open(served);
      socket.write(half);
      const other = await open(served);
      other.write(half);
      await expectServed(served);
      socket.destroy();
      other.resetAndDestroy();
    }
    await expectServed(served);
  });

  it("that break off while their token is looked at leave nothing running", async () => {
    let admitted = 0;
    const admit = (): Promise<void> => {
      admitted++;
      return new Promise((resolve) => void setTimeout(resolve, 50));
    };
    const served = await serve({}, { permit: { ...allowAll, admit } });
    const socket = await open(served);
    socket.write(postHead(DELTA, 100).replace("\r\n\r\n", "\r\nAuthorization: Bearer x\r\n\r\n{"));
    await until(() => admitted === 1);
    socket.destroy();
    await until(() => served.readings!().requests.now === 0);
    await expectServed(served);
  });

  it("that never end are ended", async () => {
    const served = await serve({}, { limits: { headersMsMax: 40, requestMsMax: 80 } });
    for (const half of ["", "POST /x HTTP/1.1\r\nHo", `${postHead(DELTA, 100)}{`]) {
      const socket = await open(served);
      socket.write(half);
      await readToEnd(socket);
    }
    await expectServed(served);
  });

  it("that are no HTTP are ended", async () => {
    const served = await serve();
    for (const garbage of [
      "\u0000\u0001\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const socket = await open(served);
      socket.write(garbage);
      expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 4\d\d /);
    }
    await expectServed(served);
  });

  it("without a Host, as HTTP/1.0 allows, are refused", async () => {
    const served = await serve();
    const socket = await open(served);
    socket.write(`GET ${DELTA} HTTP/1.0\r\n\r\n`);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 403 /);
  });

  it("may come several at once on one connection; the answers keep their order", async () => {
    const served = await serve({ fetchDeltas: () => Promise.resolve([head]) });
    const socket = await open(served);
    const fetch = JSON.stringify(fetchDeltas);
    let text = "";
    socket.on("data", (piece) => (text += piece.toString("latin1")));
    socket.write(postHead(DELTA, fetch.length) + fetch + postHead(DELTA, notify.length) + notify);
    await until(() => text.endsWith("{}"));
    expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    expect(text.indexOf("vnd.livedist.frames")).toBeLessThan(text.indexOf("application/json"));
  });

  it("of a long wait end the wait when the client leaves", async () => {
    let signal: AbortSignal | undefined;
    const served = await serve({
      fetchDeltas: async (_request, given) => {
        signal = given;
        await once(given, "abort");
        throw new DOMException("aborted", "AbortError");
      },
    });
    const socket = await open(served);
    const fetch = JSON.stringify(fetchDeltas);
    socket.write(postHead(DELTA, fetch.length) + fetch);
    await until(() => signal !== undefined);
    socket.destroy();
    await until(() => signal!.aborted);
    await expectServed(served);
  });

  it("that wait behind each other on one connection all end when the client leaves", async () => {
    const signals: AbortSignal[] = [];
    const served = await serve(
      {
        fetchDeltas: (_request, signal) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
        // More than a connection takes before the answers ahead of it have gone.
        fullLoad: (_request, signal) => {
          signals.push(signal);
          return Promise.resolve(endless());
        },
      },
      { limits: { loadsMax: 1 } },
    );
    const socket = await open(served);
    const fetch = JSON.stringify(fetchDeltas);
    const load = JSON.stringify(fullLoad);
    socket.write(`${postHead(DELTA, fetch.length)}${fetch}`.repeat(2) + postHead(CACHE, load.length) + load);
    await until(() => signals.length === 3);
    socket.destroy();
    await until(() => signals.every(({ aborted }) => aborted));
    // The place of the load is free again.
    const next = await post(served.url + CACHE, load);
    expect(next.status).toBe(200);
    await next.body?.cancel();
    await expectServed(served);
  });

  it("beyond the number of connections are dropped", async () => {
    const served = await serve({}, { limits: { connectionsMax: 2 } });
    const sockets = [await open(served), await open(served)];
    await readToEnd(await open(served));
    for (const socket of sockets) socket.destroy();
  });
});
