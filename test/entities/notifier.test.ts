import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.js";
import { httpNotifier } from "../../src/entities/notifier.js";

function recorder(status = 200): { sent: { url: string; body: unknown }[]; fetch: typeof fetch } {
  const sent: { url: string; body: unknown }[] = [];
  const send = (url: string, init: RequestInit): Promise<Response> => {
    sent.push({ url, body: JSON.parse(init.body as string) as unknown });
    return Promise.resolve(new Response("{}", { status }));
  };
  return { sent, fetch: send as unknown as typeof fetch };
}

describe("httpNotifier", () => {
  it("posts to the delta server", async () => {
    const { sent, fetch } = recorder();
    await httpNotifier("http://localhost:8080", { fetch }).notify();
    await httpNotifier("http://localhost:8080/", { fetch, applicationSuffix: "7" }).notify();
    await httpNotifier("https://host/proxy/Delta.config", { fetch }).notify();
    expect(sent).toEqual([
      { url: "http://localhost:8080/LiveDist1/Delta.config", body: { service: "Notify" } },
      { url: "http://localhost:8080/LiveDist7/Delta.config", body: { service: "Notify" } },
      { url: "https://host/proxy/Delta.config", body: { service: "Notify" } },
    ]);
  });

  it("tells the logger of failures and never rejects", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
    await httpNotifier("http://localhost", { fetch: recorder(503).fetch, logger }).notify();
    const fails = (() => Promise.reject(new TypeError("no route"))) as typeof fetch;
    await httpNotifier("http://localhost", { fetch: fails, logger }).notify();
    expect(warnings).toEqual(["a delta server refused to be notified", "a delta server could not be notified"]);
  });

  it("refuses what is no URL of http", () => {
    for (const url of ["", "localhost:80", "ftp://x"]) expect(() => httpNotifier(url)).toThrow(/http:\/\//);
  });
});
