import { describe, expect, it } from "vitest";
import { REQUEST_BYTES_MAX } from "../../src/base/limits.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { startConsoleSite, type ConsoleSite } from "./console-site.js";

const json = { "Content-Type": "application/json" };

async function statusOf(site: ConsoleSite, path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(site.url + path, init);
  await response.arrayBuffer();
  return response.status;
}

describe("the console refuses", () => {
  it("paths that lead out of the page, and ones that are none", async () => {
    const site = await startConsoleSite();
    const paths = [
      "..%2f..%2fpackage.json",
      "%2e%2e/web-console.js",
      "main.ts",
      "main.js.map",
      "x.html",
      "console/v1/nothing",
      "console/v2/clients",
    ];
    for (const path of paths) expect([path, await statusOf(site, path)]).toEqual([path, 404]);
    for (const path of ["", "main.js", "style.css", "favicon.svg"])
      expect([path, await statusOf(site, path)]).toEqual([path, 200]);
  });

  it("changes that a page from elsewhere, or a form, asks a browser for", async () => {
    const site = await startConsoleSite();
    const body = JSON.stringify({ clientId: "c1", isDisabled: true });
    const post = (headers: Record<string, string>): Promise<number> =>
      statusOf(site, "console/v1/clients", { method: "POST", headers, body });
    expect(await post({ ...json, Origin: "http://elsewhere.example" })).toBe(403);
    expect(await post({ "Content-Type": "text/plain" })).toBe(415);
    expect(await statusOf(site, "console/v1/clients", { method: "PUT", headers: json, body })).toBe(405);
    expect((await site.store.clients.list()).map(({ isDisabled }) => isDisabled)).toEqual([false, false]);
  });

  it("bodies that are too large, no JSON, or of the wrong shape", async () => {
    const site = await startConsoleSite();
    const post = (body: string): Promise<number> =>
      statusOf(site, "console/v1/clients", { method: "POST", headers: json, body });
    expect(await post("x".repeat(REQUEST_BYTES_MAX + 1))).toBe(413);
    for (const body of ["", "{", "null", "[]", '{"clientId":1}', '{"clientId":"c1","isDisabled":"yes"}'])
      expect([body, await post(body)]).toEqual([body, 400]);
    expect(await post('{"clientId":"nobody","isDisabled":true}')).toBe(403);
  });

  it("everything where it is switched off, the neighbours too", async () => {
    const config = { LiveDistPort: "0", LiveDistConsole: "no" };
    const site = await startConsoleSite(["c1"], { config });
    for (const path of ["", "main.js", "console/v1/overview"])
      expect([path, await statusOf(site, path)]).toEqual([path, 404]);
    const asked = new HttpClient({ clientId: "c1", servers: [site.server.url] });
    const look = asked.json({ service: "Look", clientId: "c1", depth: 0 });
    await expect(look).rejects.toThrow(/LiveDistConsole/);
  });

  it("numbers and slices that are none", async () => {
    const site = await startConsoleSite();
    for (const query of ["after=x", "after=-1", "after=1e99", "slice=A%2B"]) {
      expect([query, await statusOf(site, `console/v1/deltas?${query}`)]).toEqual([query, 400]);
    }
    expect(await statusOf(site, "console/v1/deltas?after=999999999999999")).toBe(200);
  });

  it("to be framed, or to run what is not its own", async () => {
    const site = await startConsoleSite();
    const { headers } = await fetch(site.url);
    expect(headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(headers.get("X-Frame-Options")).toBe("DENY");
  });
});
