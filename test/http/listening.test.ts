import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.js";
import { checkLoopback, isLoopback } from "../../src/http/loopback.js";
import { serveHttp } from "../../src/http/serve-http.js";
import { scriptedService } from "./scripted-service.js";
import { serve } from "./serving.js";

const options = { host: "127.0.0.1", port: 0, applicationSuffix: "1", logger: silentLogger };

function config(key: string): unknown {
  return expect.objectContaining({ code: "Config", message: expect.stringContaining(key) as string });
}

describe("listening", () => {
  it.each(["127.0.0.1", "127.9.8.7", "::1", "0:0:0:0:0:0:0:1", "localhost", "LOCALHOST"])("takes %s", (host) => {
    expect(isLoopback(host)).toBe(true);
    checkLoopback(host);
  });

  it.each(["0.0.0.0", "::", "", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com", "128.0.0.1", "::2", "*"])(
    'refuses "%s", since nothing decides who may see what',
    async (host) => {
      await expect(serveHttp(scriptedService(), { ...options, host })).rejects.toEqual(config("LiveDistHost"));
    },
  );

  it("says what to do where the port is in use", async () => {
    const served = await serve();
    await expect(serveHttp(scriptedService(), { ...options, port: served.port })).rejects.toEqual(
      config("LiveDistPort"),
    );
    expect((await fetch(`${served.url}/LiveDist1/Delta.config`)).status).toBe(200);
  });

  it.each([-1, 65_536, 1.5, Number.NaN])("refuses %d as a port", async (port) => {
    await expect(serveHttp(scriptedService(), { ...options, port })).rejects.toEqual(config("LiveDistPort"));
  });

  it("can be reached under the name it was given", async () => {
    const served = await serve({}, { host: "localhost" });
    expect(served.url).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await fetch(`${served.url}/LiveDist1/Delta.config`)).status).toBe(200);
  });
});
