import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach } from "vitest";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { serveHttp, type ServeHttpOptions } from "../../src/http/serve-http.js";
import type { HttpServing } from "../../src/plugs/http-server.js";
import { scriptedService } from "./scripted-service.js";

export const DELTA = "/LiveDist1/Delta.config";
export const CACHE = "/LiveDist1/Cache.config";

export const fullLoad = { service: "FullLoad", clientId: "c", tracking: "none", topicsSlice: "A" };
export const position = { epoch: "e", sequence: 1 };
export const fetchDeltas = { ...fullLoad, service: "FetchDeltas", position, waitMsMax: 0 };
export const skipLoad = { ...fullLoad, service: "SkipLoad", position };

/** What a server said to its operator. */
export class LoggedErrors {
  readonly errors: Record<string, unknown>[] = [];
  debug = () => undefined;
  info = () => undefined;
  warn = () => undefined;
  error = (fields: Record<string, unknown>) => void this.errors.push(fields);
}

export interface Served extends HttpServing {
  readonly port: number;
  readonly log: LoggedErrors;
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function afterThis(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** Serves a scripted service until the test ends. */
export async function serve(
  script: Partial<LiveDistService> = {},
  options: Partial<ServeHttpOptions> = {},
): Promise<Served> {
  const log = new LoggedErrors();
  const serving = await serveHttp(scriptedService(script), {
    host: "127.0.0.1",
    port: 0,
    applicationSuffix: "1",
    logger: log,
    ...options,
    limits: { closeMsMax: 200, ...options.limits },
  });
  afterThis(() => serving.close());
  return { ...serving, log, port: Number(new URL(serving.url).port) };
}

export function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
}

export async function errorOf(response: Response): Promise<{ code: string; message: string }> {
  return ((await response.json()) as { error: { code: string; message: string } }).error;
}

export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

/** Sends a request with headers that `fetch` keeps to itself. */
export async function send(
  served: Served,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; json: { error?: { code: string } } }> {
  const request = httpRequest({ host: "127.0.0.1", port: served.port, method, path, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += String(piece);
  return { status: response.statusCode!, json: JSON.parse(text) as { error?: { code: string } } };
}

/** Opens a bare connection, for what no HTTP client would send. */
export async function open(served: Served): Promise<Socket> {
  const socket = connect(served.port, "127.0.0.1");
  socket.on("error", () => undefined);
  afterThis(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Gives everything that comes until the other side ends. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (piece: string) => (text += piece));
  await once(socket, "close");
  return text;
}

export function postHead(path: string, bytes: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
}

/** Waits until something holds; the test's own time-out ends the wait where it never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until a number has stood still for a while. */
export async function settled(read: () => number): Promise<number> {
  for (let last = -1, same = 0; same < 10; last = read()) {
    same = read() === last ? same + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return read();
}
