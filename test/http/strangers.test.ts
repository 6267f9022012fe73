import { describe, expect, it } from "vitest";
import { LiveDistError, PermissionError } from "../../src/base/errors.js";
import { HttpClient } from "../../src/edge/http-client.js";
import type { IPermit } from "../../src/plugs/permit.js";
import { subprotocolsWith } from "../../src/wire/token-protocol.js";
import {
  DELTA,
  errorOf,
  fetchDeltas,
  open,
  post,
  postHead,
  readToEnd,
  serve,
  type Served,
  settled,
  skipLoad,
  until,
} from "./serving.js";
import { TestClient } from "./test-client.js";

const large = "x".repeat(1_000_000);

interface Guarded {
  readonly served: Served;
  /** The tokens that the permit was shown ahead, and those of the requests that were served. */
  readonly admitted: string[];
  readonly tokens: unknown[];
  /** How long the slices of the streams are that were opened. */
  readonly streams: number[];
}

async function start(): Promise<Guarded> {
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
  const streams: number[] = [];
  const openStream = ({ topicsSlice }: { topicsSlice: string }): Promise<never> => {
    streams.push(topicsSlice.length);
    return Promise.reject(new LiveDistError("Closed", "nothing is to come"));
  };
  return { served: await serve({ ...service, openStream }, { permit }), admitted, tokens, streams };
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

  it("may send small messages over a WebSocket, and no large one", async () => {
    const { served, admitted } = await start();
    const [small, big] = [new TestClient(served), new TestClient(served)];
    for (const client of [small, big]) await client.open();
    small.socket.send(JSON.stringify({ ...fetchDeltas, topicsSlice: "x".repeat(60_000) }));
    expect(await small.error()).toMatchObject({ code: "Closed" });
    big.socket.send(JSON.stringify({ ...fetchDeltas, token: "good", topicsSlice: large }));
    expect(await big.closed).toBe(1009);
    expect(admitted).toEqual([]);
  });

  it("opens no WebSocket with a token that the permit does not admit, whatever it is", async () => {
    const { served, admitted } = await start();
    const tokens = ["bad", "a/b+c==", "ü"];
    const shown = tokens.map((token) => ({ "Sec-WebSocket-Protocol": subprotocolsWith(token).join(", ") }));
    for (const headers of [...shown, { Authorization: "Bearer other" }]) {
      const [status] = await new TestClient(served, { headers }).refusal();
      expect(status).toBe(403);
    }
    expect(admitted).toEqual([...tokens, "other"]);
  });

  it("is helped by HttpClient, which shows its token ahead of what is large", async () => {
    const { served, admitted, streams } = await start();
    const client = new HttpClient({ clientId: "c", servers: [served.url], token: "good" });
    await client.json({ ...skipLoad, service: "SkipLoad", tracking: "none", topicsSlice: "A" });
    expect(admitted).toEqual([]);
    await client.json({ ...skipLoad, service: "SkipLoad", tracking: "none", topicsSlice: large });
    expect(admitted).toEqual(["good"]);
    const request = { ...fetchDeltas, service: "FetchDeltas", tracking: "none" } as const;
    await client.stream!(request);
    await until(() => streams.length === 1);
    expect(admitted).toEqual(["good"]);
    await client.stream!({ ...request, topicsSlice: large });
    await until(() => streams.length === 2);
    expect(admitted).toEqual(["good", "good"]);
    expect(streams).toEqual([1, large.length]);
  });
});
