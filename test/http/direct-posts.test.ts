import { describe, expect, it } from "vitest";
import { NotRegisteredError } from "../../src/base/errors.js";
import type { ServeHttpOptions } from "../../src/http/serve-http.js";
import type { AnswerPiece, LiveDistService } from "../../src/wire/live-dist-service.js";
import { batch, end, head } from "./scripted-service.js";
import { CACHE, DELTA, fetchDeltas, fullLoad, open, position, serve, skipLoad, until } from "./serving.js";

interface Case {
  readonly what: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly script?: () => Partial<LiveDistService>;
  readonly options?: Partial<ServeHttpOptions>;
  readonly status: number;
}

async function* pieces(error?: Error): AsyncGenerator<AnswerPiece> {
  yield [head];
  await Promise.resolve();
  if (error) throw error;
  yield [end];
}

const cases: readonly Case[] = [
  { what: "an answer of frames", body: fetchDeltas, script: () => ({ fetchDeltas: givesBatch }), status: 200 },
  { what: "JSON", body: skipLoad, script: () => ({ skipLoad: () => Promise.resolve(position) }), status: 200 },
  { what: "a notification", body: { service: "Notify" }, status: 200 },
  { what: "a load", path: CACHE, body: fullLoad, script: () => ({ fullLoad: () => load() }), status: 200 },
  {
    what: "a load that fails",
    path: CACHE,
    body: fullLoad,
    script: () => ({ fullLoad: () => load("x") }),
    status: 200,
  },
  { what: "a load too many", path: CACHE, body: fullLoad, options: { limits: { loadsMax: 0 } }, status: 503 },
  { what: "an error", body: fetchDeltas, script: () => ({ fetchDeltas: refuses }), status: 409 },
  { what: "a fault", body: fetchDeltas, script: () => ({ fetchDeltas: fails }), status: 500 },
  { what: "the wrong server", body: fullLoad, status: 400 },
  { what: "no JSON", body: "{", status: 400 },
  { what: "a body too large", body: "x".repeat(100), options: { limits: { requestBytesMax: 50 } }, status: 413 },
  { what: "another form", headers: { "Content-Type": "text/plain" }, body: fetchDeltas, status: 415 },
  { what: "a Content-Encoding", headers: { "Content-Encoding": "gzip" }, body: fetchDeltas, status: 415 },
  { what: "a page of another host", headers: { Origin: "http://evil.example" }, body: fetchDeltas, status: 403 },
  { what: "another Host", headers: { Host: "evil.example" }, body: fetchDeltas, status: 403 },
];

describe("a POST that does not pass through express", () => {
  it.each(cases)("is answered as by way of express: $what", async (given) => {
    const { path = DELTA, script, options } = given;
    const served = await serve(script?.(), options);
    const direct = await answerTo(await open(served), path, given);
    // A query, however empty, is left to express.
    const byExpress = await answerTo(await open(served), `${path}?`, given);
    expect(byExpress).toBe(direct);
    expect(direct).toMatch(new RegExp(`^HTTP/1.1 ${given.status} `));
    expect(direct).toContain("Cache-Control: no-store");
    expect(direct).toContain("X-Content-Type-Options: nosniff");
    const [one, other, ...more] = served.log.errors;
    expect(more).toEqual([]);
    expect(other).toEqual(one);
    expect(one !== undefined).toBe(given.status === 500);
  });
});

function givesBatch(): Promise<readonly Uint8Array[]> {
  return Promise.resolve([head, ...batch(2, 1_000).frames]);
}

function refuses(): Promise<never> {
  return Promise.reject(new NotRegisteredError("who?"));
}

function fails(): Promise<never> {
  return Promise.reject(new TypeError("secret"));
}

function load(failure?: string): Promise<AsyncIterable<AnswerPiece>> {
  return Promise.resolve(pieces(failure === undefined ? undefined : new NotRegisteredError(failure)));
}

/** Gives the bytes of an answer, but for the time in it. */
async function answerTo(socket: Awaited<ReturnType<typeof open>>, path: string, { headers, body }: Case) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const lines = Object.entries({
    Host: "localhost",
    "Content-Type": "application/json",
    "Content-Length": text.length,
    Connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  let answer = "";
  let isOver = false;
  socket.on("data", (piece) => (answer += piece.toString("latin1")));
  socket.on("close", () => (isOver = true));
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`);
  await until(() => isOver);
  return answer.replace(/^Date: .*\r\n/m, "");
}
