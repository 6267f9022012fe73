import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { head } from "./scripted-service.js";
import { DELTA, errorOf, fetchDeltas, open, post, postHead, serve, until } from "./serving.js";
import { TestClient } from "./test-client.js";

describe("what all requests together may take", () => {
  it("is limited in their number; what ends makes room", async () => {
    let running = 0;
    const served = await serve(
      {
        async fetchDeltas(_request, signal) {
          running++;
          await once(signal, "abort");
          running--;
          return [head];
        },
      },
      { limits: { requestsMax: 2 } },
    );
    const sockets = [await open(served), await open(served)];
    const body = JSON.stringify(fetchDeltas);
    for (const socket of sockets) socket.write(postHead(DELTA, body.length) + body);
    await until(() => running === 2);
    const refused = await post(served.url + DELTA, fetchDeltas);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await errorOf(refused)).toMatchObject({
      code: "Limit",
      message: expect.stringContaining("REQUESTS_MAX") as string,
    });
    expect(await new TestClient(served).refusal()).toMatchObject([503, { code: "Limit" }]);
    for (const socket of sockets) socket.destroy();
    await until(() => running === 0);
    expect((await post(served.url + DELTA, { service: "Notify" })).status).toBe(200);
  });

  it("is limited in the bytes of their bodies; what ends makes room", async () => {
    const served = await serve({}, { limits: { bodiesBytesMax: 1_000 } });
    const notify = '{"service":"Notify"}';
    const half = await open(served);
    half.write(postHead(DELTA, 900) + notify.padEnd(600));
    const tooMuch = notify.padEnd(500);
    await expect
      .poll(async () => (await post(served.url + DELTA, tooMuch)).status, { interval: 5, timeout: 5_000 })
      .toBe(503);
    const refused = await post(served.url + DELTA, tooMuch);
    expect((await errorOf(refused)).message).toContain("REQUEST_BODIES_BYTES_MAX");
    expect((await post(served.url + DELTA, notify)).status).toBe(200);
    half.destroy();
    await expect
      .poll(async () => (await post(served.url + DELTA, tooMuch)).status, { interval: 5, timeout: 5_000 })
      .toBe(200);
  });
});
