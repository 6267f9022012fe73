import { describe, expect, it } from "vitest";
import { CACHE, DELTA, send, serve, type Served } from "./serving.js";

const notify = '{"service":"Notify"}';
const json = { "Content-Type": "application/json" };

async function codeOfPost(served: Served, headers: Record<string, string>): Promise<[number, string | undefined]> {
  const { status, json } = await send(served, "POST", DELTA, headers, notify);
  return [status, json.error?.code];
}

describe("request guards", () => {
  it("serve the pages of the server itself, and programs, which send no Origin", async () => {
    const served = await serve();
    const host = `localhost:${served.port}`;
    expect(await codeOfPost(served, { ...json })).toEqual([200, undefined]);
    expect(await codeOfPost(served, { ...json, Host: host, Origin: `http://${host}` })).toEqual([200, undefined]);
    expect(await codeOfPost(served, { ...json, Host: "localhost:80", Origin: "http://localhost" })).toEqual([
      200,
      undefined,
    ]);
  });

  it.each(["http://evil.example", "null", "", "http://127.0.0.1:1", "http://localhost"])(
    'refuse the page of "%s"',
    async (origin) => {
      let notified = 0;
      const served = await serve({ notify: () => (notified += 1) });
      expect(await codeOfPost(served, { ...json, Origin: origin })).toEqual([403, "Permission"]);
      expect(notified).toBe(0);
    },
  );

  it.each([
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "[::2]",
  ])("refuse the Host %s, also where its page is the same", async (host) => {
    const served = await serve();
    expect(await codeOfPost(served, { ...json, Host: host, Origin: `http://${host}` })).toEqual([403, "Permission"]);
    expect((await send(served, "GET", CACHE, { Host: host })).status).toBe(403);
  });

  it("serve any Host where a permit decides, and still no page of another host", async () => {
    const served = await serve({}, { permit: { check: () => undefined } });
    const headers = { ...json, Host: "site.example" };
    expect(await codeOfPost(served, headers)).toEqual([200, undefined]);
    expect(await codeOfPost(served, { ...headers, Origin: "http://evil.example" })).toEqual([403, "Permission"]);
  });

  it.each(["localhost", "LOCALHOST:99", "127.0.0.1", "127.1.2.3:99", "[::1]:99"])("serve the Host %s", async (host) => {
    const served = await serve();
    expect((await send(served, "GET", CACHE, { Host: host })).status).toBe(200);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", ""])(
    'refuse the Content-Type "%s"',
    async (type) => {
      const served = await serve();
      expect(await codeOfPost(served, { "Content-Type": type })).toEqual([415, "Request"]);
    },
  );

  it("take parameters of the Content-Type, and no Content-Encoding", async () => {
    const served = await serve();
    expect(await codeOfPost(served, { "Content-Type": "Application/JSON; charset=utf-8" })).toEqual([200, undefined]);
    expect(await codeOfPost(served, { ...json, "Content-Encoding": "gzip" })).toEqual([415, "Request"]);
  });
});
