import { describe, expect, it } from "vitest";
import { LiveDistError, NotRegisteredError, TopicsSliceError } from "../../src/base/errors.js";
import { FRAMES_CONTENT_TYPE } from "../../src/wire/frames.js";
import { batch, head, kindsOf } from "./scripted-service.js";
import {
  bytesOf,
  CACHE,
  DELTA,
  errorOf,
  fetchDeltas,
  fullLoad,
  position,
  post,
  send,
  serve,
  skipLoad,
} from "./serving.js";

describe("serveHttp", () => {
  it("tells its status where it is looked at, for people to read", async () => {
    const served = await serve();
    const response = await fetch(served.url + DELTA);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("x-powered-by")).toBeNull();
    expect(response.headers.get("etag")).toBeNull();
    expect(await response.text()).toBe('{\n  "role": "delta",\n  "isUp": true\n}\n');
    expect(await (await fetch(served.url + CACHE)).json()).toEqual({ role: "cache", isUp: true });
    expect((await fetch(served.url + CACHE, { method: "HEAD" })).status).toBe(200);
  });

  it("uses the suffix of the application in its paths", async () => {
    const served = await serve({}, { applicationSuffix: "-x_2" });
    expect((await fetch(`${served.url}/LiveDist-x_2/Delta.config`)).status).toBe(200);
    expect((await fetch(served.url + DELTA)).status).toBe(404);
  });

  it.each(["/", "/LiveDist1", `${DELTA}/`, DELTA.toLowerCase(), "/%", "//", "/%00"])(
    "says which paths there are where %s is asked for",
    async (path) => {
      const served = await serve();
      for (const method of ["GET", "POST"]) {
        const { status, json } = await send(served, method, path, { "Content-Type": "application/json" });
        expect(status).toBe(404);
        expect(json.error).toMatchObject({ code: "Request", message: expect.stringContaining(DELTA) as string });
        expect(json.error).toMatchObject({ message: expect.stringContaining(CACHE) as string });
      }
    },
  );

  it.each(["PUT", "DELETE", "OPTIONS", "PATCH"])("refuses the method %s and says which it serves", async (method) => {
    const served = await serve();
    const response = await fetch(served.url + DELTA, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
    expect((await errorOf(response)).code).toBe("Request");
  });

  it("serves the services that answer in JSON", async () => {
    let notified = 0;
    const served = await serve({
      skipLoad: (request) => Promise.resolve({ ...request.position, sequence: 9 }),
      readSchema: (request) => Promise.resolve({ schemaName: request.schemaName ?? "own", schemaText: "text" }),
      notify: () => (notified += 1),
    });
    const answer = async (request: unknown): Promise<unknown> => (await post(served.url + DELTA, request)).json();
    expect(await answer(skipLoad)).toEqual({ position: { epoch: "e", sequence: 9 } });
    expect(await answer({ service: "ReadSchema", clientId: "c" })).toEqual({ schemaName: "own", schemaText: "text" });
    expect(await answer({ service: "Notify" })).toEqual({});
    expect(notified).toBe(1);
  });

  it("answers FetchDeltas with frames", async () => {
    const served = await serve({
      fetchDeltas: (request) => {
        expect(request.position).toEqual(position);
        return Promise.resolve([head, ...batch(2, 300_000).frames]);
      },
    });
    const response = await post(served.url + DELTA, fetchDeltas);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(FRAMES_CONTENT_TYPE);
    expect(kindsOf(await bytesOf(response))).toEqual(["HEAD", "ROW", "POSITION"]);
  });

  it("names the right path for a service of the other server", async () => {
    const served = await serve();
    for (const [path, request, right] of [
      [DELTA, fullLoad, CACHE],
      [CACHE, fetchDeltas, DELTA],
      [CACHE, { service: "Notify" }, DELTA],
    ] as const) {
      const response = await post(served.url + path, request);
      expect(response.status).toBe(400);
      const error = await errorOf(response);
      expect(error.code).toBe("Request");
      expect(error.message).toContain(right);
    }
  });

  it("tells errors with the status of their code, and what belongs to them", async () => {
    const errors = [new NotRegisteredError("who?"), new TopicsSliceError("a )", { line: 2, column: 3 })];
    const served = await serve({ fetchDeltas: () => Promise.reject(errors.shift()!) });
    const first = await post(served.url + DELTA, fetchDeltas);
    expect([first.status, await errorOf(first)]).toEqual([409, { code: "NotRegistered", message: "who?" }]);
    const second = await post(served.url + DELTA, fetchDeltas);
    expect(await errorOf(second)).toEqual({ code: "TopicsSlice", message: "a )", line: 2, column: 3 });
    expect(served.log.errors).toEqual([]);
  });

  it("logs what is no error of ours, and tells of it without its details", async () => {
    const cause = new TypeError("secret");
    const served = await serve({
      skipLoad: () => Promise.reject(cause),
      status: () => {
        throw cause;
      },
    });
    for (const response of [await post(served.url + DELTA, skipLoad), await fetch(served.url + DELTA)]) {
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(text).toContain('"Internal"');
      expect(text).not.toContain("secret");
    }
    expect(served.log.errors.map(({ err }) => err)).toEqual([cause, cause]);
  });

  it("logs a failure of its own kind too, and tells its message", async () => {
    const error = new LiveDistError("Store", "disk full");
    const served = await serve({ skipLoad: () => Promise.reject(error) });
    const response = await post(served.url + DELTA, skipLoad);
    expect([response.status, await errorOf(response)]).toEqual([500, { code: "Store", message: "disk full" }]);
    expect(served.log.errors.map(({ err }) => err)).toEqual([error]);
  });
});
