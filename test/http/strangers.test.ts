import { describe, expect, it } from "vitest";
import { PermissionError } from "../../src/base/errors.js";
import { HttpClient } from "../../src/edge/http-client.js";
import type { IPermit } from "../../src/plugs/permit.js";
import { DELTA, errorOf, open, post, postHead, readToEnd, serve, settled, skipLoad } from "./serving.js";

const large = "x".repeat(1_000_000);

async function start(): Promise<{ served: Awaited<ReturnType<typeof serve>>; admitted: string[]; tokens: unknown[] }> {
  const admitted: string[] = [];
  const tokens: unknown[] = [];
  const permit: IPermit = {
    check: () => undefined,
    admit: (token) => {
      admitted.push(token);
      if (token !== "good") throw new PermissionError("who are you?");
    },
  };
  const service = {
    skipLoad: ({ token, position }: { token?: string; position: { epoch: string; sequence: number } }) => {
      tokens.push(token);
      return Promise.resolve(position);
    },
  };
  return { served: await serve(service, { permit }), admitted, tokens };
}

describe("who has shown no token", () => {
  it("may send a small request, and no large one", async () => {
    const { served, admitted, tokens } = await start();
    const url = served.url + DELTA;
    expect((await post(url, { ...skipLoad, token: "good" })).status).toBe(200);
    const refused = await post(url, { ...skipLoad, token: "good", topicsSlice: large });
    expect([refused.status, (await errorOf(refused)).code]).toEqual([403, "Permission"]);
    expect([admitted, tokens]).toEqual([[], ["good"]]);
  });

  it("may send a large one with a token in the header that the permit admits", async () => {
    const { served, tokens } = await start();
    const headers = { "Content-Type": "application/json", Authorization: "Bearer good" };
    const response = await post(served.url + DELTA, { ...skipLoad, topicsSlice: large }, { headers });
    expect([response.status, tokens]).toEqual([200, ["good"]]);
  });

  it("is refused by the token of the header before the body is kept", async () => {
    const { served } = await start();
    const socket = await open(served);
    const ahead = "Authorization: Bearer bad\r\nConnection: close\r\n\r\n";
    socket.write(postHead(DELTA, 2_000_000).replace("\r\n\r\n", `\r\n${ahead}`));
    const answer = readToEnd(socket);
    for (let sent = 0; sent < 2; sent++) socket.write(large);
    expect(await answer).toContain('"Permission"');
    expect(await settled(() => served.readings!().bodyBytes.now)).toBe(0);
  });

  it("is helped by HttpClient, which shows its token ahead of what is large", async () => {
    const { served, admitted } = await start();
    const client = new HttpClient({ clientId: "c", servers: [served.url], token: "good" });
    await client.json({ ...skipLoad, service: "SkipLoad", tracking: "none", topicsSlice: "A" });
    expect(admitted).toEqual([]);
    await client.json({ ...skipLoad, service: "SkipLoad", tracking: "none", topicsSlice: large });
    expect(admitted).toEqual(["good"]);
  });
});
