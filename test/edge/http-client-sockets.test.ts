import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { FRAMES_CONTENT_TYPE } from "../../src/wire/frames.js";
import { readRequest } from "../../src/wire/read-request.js";
import { batchFrames, bytesOf, fetchAnswer, head, id, loadAnswer, person, schema } from "./answers.js";

/** A server with one load and one row behind it; what it heard over its WebSocket stands in `texts`. */
function serve() {
  const texts: string[] = [];
  let isClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => (isClosed = resolve));
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      const { service } = readRequest(body);
      response.setHeader("Content-Type", FRAMES_CONTENT_TYPE);
      response.end(
        service === "FullLoad" ? loadAnswer(5, [person(1), person(2), person(3)]) : fetchAnswer(5, [[6, person(4)]]),
      );
    });
  });
  const webSockets = new WebSocketServer({ server });
  webSockets.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      if (texts.push(data.toString()) === 1) socket.send(bytesOf(head(5), ...batchFrames([[6, person(4)]], 6)));
    });
    socket.on("close", isClosed);
  });
  return { server, webSockets, texts, closed };
}

let site: ReturnType<typeof serve>;
let url: string;

beforeEach(async () => {
  site = serve();
  await new Promise<void>((resolve) => site.server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(site.server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const socket of site.webSockets.clients) socket.terminate();
  site.server.closeAllConnections();
  await new Promise((resolve) => site.server.close(resolve));
});

it("keeps a replica over HTTP and a WebSocket", async () => {
  const edge = new Edge(new HttpClient({ clientId: "c1", servers: ["http://127.0.0.1:1", url] }), { schema });
  const replica = new Replica(edge, { slice: "A", copy: new MapCopy() });
  const fourth = new Promise<void>((resolve) => replica.on("change", ({ techId }) => techId === id(4) && resolve()));
  await replica.start();
  await fourth;
  expect(replica.copy.size).toBe(4);
  await replica.stop();
  await site.closed;
  expect(JSON.parse(site.texts[0]!)).toMatchObject({ service: "FetchDeltas", position: { epoch: "e1", sequence: 5 } });
  await edge.close();
});

it("fetches by long polls", async () => {
  const edge = new Edge(new HttpClient({ clientId: "c1", servers: [url], transport: "longPoll" }), { schema });
  for await (const delta of await edge.fullLoad("A")) expect(delta.oper).toBe("CREATE");
  for await (const batch of edge.deltas()) {
    expect(batch).toMatchObject({ sequence: 6, deltas: [{ techId: id(4) }] });
    break;
  }
  expect(edge.sequence).toBe(6);
  await edge.close();
});
