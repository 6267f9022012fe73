import { once } from "node:events";
import { Readable } from "node:stream";
import { WebSocket } from "ws";
import { silentLogger } from "../../src/base/logger.js";
import { serveHttp } from "../../src/http/serve-http.js";
import { end, head, ScriptedStream, scriptedService } from "./scripted-service.js";

// A process that serves, closes and has to end by itself, for closing.test.ts.
const service = scriptedService({
  fullLoad: () => Promise.resolve(Readable.from([head, end])),
  openStream: (_request, signal) => Promise.resolve(new ScriptedStream(signal)),
});
const options = { host: "127.0.0.1", port: 0, applicationSuffix: "1", logger: silentLogger };
const serving = await serveHttp(service, options);
const client = { clientId: "c", tracking: "none", topicsSlice: "A" };
const request = { service: "FetchDeltas", ...client, position: { epoch: "e", sequence: 1 }, waitMsMax: 0 };

const load = await fetch(`${serving.url}/LiveDist1/Cache.config`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ service: "FullLoad", ...client }),
});
await load.arrayBuffer();

const socket = new WebSocket(`${serving.url.replace("http", "ws")}/LiveDist1/Delta.config`);
await once(socket, "open");
socket.send(JSON.stringify(request));
await once(socket, "message");
const closed = once(socket, "close");
await serving.close();
await closed;
process.stdout.write("closed\n");
