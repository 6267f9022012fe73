import { describe, expect, it } from "vitest";
import { ClientDisabledError, LiveDistError, TopicsSliceError, toWireError } from "../../src/base/errors.js";
import { JSON_ANSWER_BYTES_MAX } from "../../src/base/limits.js";
import { BODY_IDLE_MS_MAX } from "../../src/edge/http-answer.js";
import { ANSWER_MS_MAX, HttpClient, type HttpClientOptions } from "../../src/edge/http-client.js";
import { FRAMES_CONTENT_TYPE } from "../../src/wire/frames.js";
import type { Request } from "../../src/wire/requests.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { bytesOf, loadAnswer } from "./answers.js";
import { collect, expectCode } from "./expect-code.js";

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

type Answer = Response | Error | "never";

/** An HttpClient over a fetch that plays answers. */
function scripted(answers: Answer[], options: Partial<HttpClientOptions> = {}) {
  const calls: Call[] = [];
  const clock = new ManualClock();
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    calls.push({ url, init });
    const answer = answers.shift()!;
    if (answer instanceof Response) return Promise.resolve(answer);
    if (answer instanceof Error) return Promise.reject(answer);
    return new Promise((_, reject) =>
      init.signal!.addEventListener("abort", () => reject(init.signal!.reason as Error)),
    );
  };
  const client = new HttpClient({
    clientId: "c1",
    servers: ["http://a:1"],
    fetch: fetch as typeof globalThis.fetch,
    clock,
    ...options,
  });
  return { client, calls, clock };
}

const fullLoad: Request = { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" };
const fetchDeltas: Request = {
  ...fullLoad,
  service: "FetchDeltas",
  position: { epoch: "e1", sequence: 5 },
  waitMsMax: 1_000,
};
const skipLoad: Request = { ...fullLoad, service: "SkipLoad", position: { epoch: "e1", sequence: 5 } };

function framesResponse(body: BodyInit | null): Response {
  return new Response(body, { headers: { "Content-Type": FRAMES_CONTENT_TYPE } });
}

function refusal(error: LiveDistError, status: number): Response {
  return Response.json({ error: toWireError(error) }, { status });
}

/** A body that gives some bytes and then nothing more; tells when it is cancelled. */
function stuck(...first: Uint8Array[]): { body: ReadableStream; isCancelled: () => boolean } {
  let isCancelled = false;
  const body = new ReadableStream({
    start: (controller) => first.forEach((bytes) => controller.enqueue(bytes)),
    cancel: () => {
      isCancelled = true;
    },
  });
  return { body, isCancelled: () => isCancelled };
}

describe("HttpClient", () => {
  it("posts each request as JSON to the server that answers its service", async () => {
    const { client, calls, clock } = scripted(
      [framesResponse(loadAnswer(5, [])), Response.json({ epoch: "e1", sequence: 5 })],
      { applicationSuffix: "Test" },
    );
    expect(bytesOf(...(await collect(await client.frames(fullLoad))))).toEqual(loadAnswer(5, []));
    expect(await client.json(skipLoad)).toEqual({ epoch: "e1", sequence: 5 });
    expect(calls.map(({ url }) => url)).toEqual([
      "http://a:1/LiveDistTest/Cache.config",
      "http://a:1/LiveDistTest/Delta.config",
    ]);
    expect(calls[0]!.init).toMatchObject({
      method: "POST",
      body: JSON.stringify(fullLoad),
      headers: { "Content-Type": "application/json" },
    });
    expect(clock.delaysMs).toEqual([]);
  });

  it("throws the error that the server answers, in its class and with its place", async () => {
    const { client } = scripted([
      refusal(new ClientDisabledError("off"), 403),
      refusal(new TopicsSliceError("what", { line: 2, column: 3 }), 400),
    ]);
    await expect(client.json(skipLoad)).rejects.toBeInstanceOf(ClientDisabledError);
    await expect(client.frames(fullLoad)).rejects.toMatchObject({
      code: "TopicsSlice",
      message: "what",
      line: 2,
      column: 3,
    });
  });

  it("takes a server that is full for one that cannot be reached now, but not a request that is too large", async () => {
    const { client } = scripted([
      refusal(new LiveDistError("Limit", "loads run already"), 503),
      refusal(new LiveDistError("Limit", "too large"), 413),
    ]);
    await expect(client.frames(fullLoad)).rejects.toMatchObject({ code: "Network", message: "loads run already" });
    await expectCode(client.frames(fullLoad), "Limit");
  });

  it("tells what is no LiveDist server from a mistake in the address", async () => {
    const html = () => new Response("<html>", { headers: { "Content-Type": "text/html" } });
    const { client } = scripted([
      html(),
      html(),
      new Response("bad gateway", { status: 502 }),
      new Response("slow down", { status: 429 }),
      new Response("not found", { status: 404 }),
      Response.json([1]),
      Response.json({ error: { code: 3 } }, { status: 400 }),
      new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") }),
    ]);
    await expectCode(client.frames(fullLoad), "Network");
    await expectCode(client.json(skipLoad), "Network");
    await expectCode(client.json(skipLoad), "Network");
    await expectCode(client.json(skipLoad), "Network");
    await expectCode(client.json(skipLoad), "Request");
    await expectCode(client.json(skipLoad), "Network");
    await expectCode(client.json(skipLoad), "Request");
    await expect(client.json(skipLoad)).rejects.toMatchObject({
      code: "Network",
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
  });

  it("asks the next server after a failure, and stays with it", async () => {
    const servers = ["http://a:1", "http://b:2"];
    const { client, calls } = scripted([new TypeError("down"), Response.json({}), Response.json({})], { servers });
    await client.json(skipLoad);
    await client.json(skipLoad);
    expect(calls.map(({ url }) => new URL(url).host)).toEqual(["a:1", "b:2", "b:2"]);
  });

  it("asks another server after an answer that broke off", async () => {
    const servers = ["http://a:1", "http://b:2"];
    const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) });
    const { client, calls } = scripted([framesResponse(broken), Response.json({})], { servers });
    await expectCode(collect(await client.frames(fullLoad)), "Network");
    await client.json(skipLoad);
    expect(calls.map(({ url }) => new URL(url).host)).toEqual(["a:1", "b:2"]);
  });

  it("waits for an answer as long as the request lets the server wait, and a little more", async () => {
    for (const [request, waitMs] of [
      [fullLoad, ANSWER_MS_MAX],
      [fetchDeltas, ANSWER_MS_MAX + 1_000],
    ] as const) {
      const { client, clock, calls } = scripted(["never"]);
      const asked = expectCode(client.frames(request), "Network");
      await settle();
      expect(clock.delaysMs).toEqual([waitMs]);
      await clock.advance(waitMs);
      await asked;
      expect(calls[0]!.init.signal!.aborted).toBe(true);
    }
  });

  it("throws Network where an answer stops in the middle", async () => {
    const { body, isCancelled } = stuck(Uint8Array.of(1));
    const { client, clock } = scripted([framesResponse(body)]);
    const reading = expectCode(collect(await client.frames(fullLoad)), "Network");
    await clock.advance(BODY_IDLE_MS_MAX);
    await reading;
    expect(isCancelled()).toBe(true);
    expect(clock.delaysMs).toEqual([]);
  });

  it("does not hurry a reader that takes its time", async () => {
    const { client, clock } = scripted([framesResponse(loadAnswer(5, []))]);
    const bytes = (await client.frames(fullLoad))[Symbol.asyncIterator]();
    await bytes.next();
    await clock.advance(10 * BODY_IDLE_MS_MAX);
    expect((await bytes.next()).done).toBe(true);
  });

  it("cancels the answer when its reader breaks off or the signal aborts", async () => {
    const one = stuck(Uint8Array.of(1));
    const two = stuck();
    const three = stuck();
    const { client, calls } = scripted([one, two, three].map(({ body }) => framesResponse(body)));
    for await (const bytes of await client.frames(fullLoad)) {
      expect(bytes).toEqual(Uint8Array.of(1));
      break;
    }
    expect(one.isCancelled()).toBe(true);

    const controller = new AbortController();
    const reading = collect(await client.frames(fullLoad, controller.signal));
    const unread = await client.frames(fullLoad, controller.signal);
    controller.abort(new LiveDistError("Closed", "enough"));
    await expectCode(reading, "Closed");
    expect(two.isCancelled()).toBe(true);
    expect(unread).toBeDefined();
    expect(calls[2]!.init.signal!.aborted).toBe(true);
  });

  it("asks no server once the signal has aborted", async () => {
    const { client } = scripted(["never"], { servers: ["http://a:1", "http://b:2"] });
    const controller = new AbortController();
    const asked = client.json(skipLoad, controller.signal);
    controller.abort(new LiveDistError("Closed", "enough"));
    await expectCode(asked, "Closed");
  });

  it("sends a token, asked for anew with each request; without one it asks no server", async () => {
    let given = 0;
    const { client, calls } = scripted([new Response("{}"), new Response("{}")], { token: () => `token ${++given}` });
    await client.json(skipLoad);
    await client.json(skipLoad);
    expect(calls.map(({ init }) => (JSON.parse(init.body as string) as { token: string }).token)).toEqual([
      "token 1",
      "token 2",
    ]);
    const other = scripted([], { token: () => Promise.reject(new TypeError("away")) });
    await expectCode(other.client.json(skipLoad), "Network");
    await expectCode(other.client.stream!(skipLoad), "Network");
    expect(other.calls).toEqual([]);
  });

  it("limits an answer that is JSON", async () => {
    const piece = new Uint8Array(1024 * 1024).fill(32);
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += piece.length;
        controller.enqueue(piece);
      },
    });
    const { client } = scripted([new Response(endless)]);
    await expectCode(client.json(skipLoad), "Limit");
    expect(sent).toBeLessThan(JSON_ANSWER_BYTES_MAX + 4 * piece.length);
  });

  it("has no stream where long polls are wanted", () => {
    expect(scripted([], { transport: "longPoll" }).client.stream).toBeUndefined();
    expect(scripted([]).client.stream).toBeTypeOf("function");
  });

  it("refuses options that cannot be", () => {
    for (const options of [
      { clientId: "" },
      { clientId: "x".repeat(65) },
      { applicationSuffix: "../" },
      { servers: [] },
    ]) {
      expect(() => scripted([], options)).toThrow(expect.objectContaining({ code: "Config" }));
    }
  });
});
