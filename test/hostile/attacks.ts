import type { Dice } from "../support/dice.js";
import { mutateBytes, mutateJson, strangeSlices } from "./mutate.js";
import { keys, OPEN } from "./told.js";

const [insider] = keys;
const DELTA = "/LiveDist1/Delta.config";
const CACHE = "/LiveDist1/Cache.config";
const position = { epoch: "e", sequence: 1 };
const client = { clientId: insider.clientId, topicsSlice: OPEN };
const techIds = Buffer.alloc(48, 7);

/** Valid requests of every service; attacks are made from them. */
const requests: readonly { readonly path: string; readonly json: object }[] = (
  ["transition", "none", "registration"] as const
).flatMap((tracking) => [
  { path: CACHE, json: { service: "FullLoad", ...client, tracking, session: 1, command: 1 } },
  { path: CACHE, json: { service: "SyncLoad", ...client, tracking, position, session: 1, command: 2 } },
  { path: CACHE, json: { service: "PartialLoad", ...client, tracking, position, newTopicsSlice: OPEN } },
  { path: CACHE, json: { service: "LoadEntities", ...client, tracking, position } },
  { path: CACHE, json: { service: "SelectMinus", ...client, oldTopicsSlice: OPEN, newTopicsSlice: "A*!B" } },
  { path: DELTA, json: { service: "FetchDeltas", ...client, tracking, position, waitMsMax: 0 } },
  { path: DELTA, json: { service: "SkipLoad", ...client, tracking, position } },
  { path: DELTA, json: { service: "UnregisterEntities", ...client, tracking, position } },
  { path: DELTA, json: { service: "BeginSession", ...client } },
  { path: DELTA, json: { service: "ReadSchema", ...client } },
  { path: DELTA, json: { service: "ReadClients", ...client } },
  { path: DELTA, json: { service: "Look", ...client, depth: 8 } },
  { path: DELTA, json: { service: "Notify" } },
  { path: DELTA, json: { service: "Park", ...client } },
]);
const paths = [DELTA, CACHE, "/metrics", "/readyz", "/LiveDist1/Console", "/", "*", "//x", `${DELTA}?a=b`, "/%00/../x"];

/** One thing that is sent on a connection of its own. */
export interface Attack {
  readonly kind: "bytes" | "json" | "techIds" | "headers" | "frames" | "messages";
  /** Whether it has a key that the server knows. */
  readonly isInsider: boolean;
  readonly bytes: Buffer;
}

const kinds = ["bytes", "json", "json", "techIds", "headers", "frames", "messages"] as const;

/** Makes an attack from what is valid. */
export function makeAttack(dice: Dice): Attack {
  const kind = dice.pick(kinds);
  const isInsider = dice.chance(0.5);
  return { kind, isInsider, bytes: makers[kind](dice, isInsider) };
}

type Make = (dice: Dice, isInsider: boolean) => Buffer;

const makers: Readonly<Record<Attack["kind"], Make>> = {
  bytes: (dice, isInsider) => {
    const { path, json } = dice.pick(requests);
    return mutateBytes(dice.chance(0.3) ? handshake(dice) : post(path, Buffer.from(proved(json, isInsider))), dice);
  },
  json: (dice, isInsider) => {
    const { path, json } = dice.pick(requests);
    let mutated: unknown = isInsider ? { ...json, token: insider.key } : json;
    // What is valid in all else gets as far as the permit and the cache.
    if (dice.chance(0.4)) mutated = { ...(mutated as object), topicsSlice: dice.pick(strangeSlices) };
    else for (let left = dice.between(1, 3); left > 0; left--) mutated = mutateJson(mutated, dice);
    return post(path, Buffer.from(JSON.stringify(mutated)));
  },
  techIds: (dice, isInsider) => {
    const { path, json } = dice.pick(requests);
    const text = Buffer.from(proved(json, isInsider));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(dice.pick([text.length, text.length + 1, 0, 2 ** 32 - 1]));
    const body = Buffer.concat([length, text, techIds.subarray(0, dice.between(0, 48))]);
    return post(path, dice.chance(0.5) ? mutateBytes(body, dice) : body, "application/vnd.livedist.request");
  },
  headers: (dice, isInsider) => {
    const { json } = dice.pick(requests);
    const body = proved(json, isInsider);
    const lengths = [body.length, body.length + 1, -1, "1e9", 2 ** 53, "0x10"];
    const lines = [
      `${dice.pick(["POST", "GET", "PUT", "OPTIONS", "CONNECT", "TRACE", "M-SEARCH"])} ${dice.pick(paths)} HTTP/1.1`,
      `Host: ${dice.pick(["localhost", "evil.example", "", "[::1", "a".repeat(300)])}`,
      ...dice.some(
        [
          `Content-Length: ${dice.pick(lengths)}`,
          "Transfer-Encoding: chunked",
          `Content-Type: ${dice.pick(["application/json", "text/plain", "application/vnd.livedist.request"])}`,
          `Origin: ${dice.pick(["http://evil.example", "null", "http://localhost"])}`,
          `Authorization: ${dice.pick(["Bearer", "Bearer x", "Bearer a.b.c", `Basic ${"x".repeat(1_000)}`])}`,
          "Expect: 100-continue",
          "Content-Encoding: gzip",
          "Upgrade: h2c",
          `X: ${"y".repeat(dice.pick([1, 20_000]))}`,
        ],
        0.5,
      ),
    ];
    return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
  },
  frames: (dice) => {
    const frames = Array.from({ length: dice.between(1, 4) }, () => {
      // The largest one is more than who has shown no token may send.
      const payload = Buffer.alloc(dice.pick([0, 1, 126, 300, 100_000]), dice.between(0, 255));
      const bytes = frame(payload, dice.between(0, 255));
      return dice.chance(0.5) ? mutateBytes(bytes, dice) : bytes;
    });
    return Buffer.concat([handshake(dice), ...frames]);
  },
  messages: (dice, isInsider) => {
    const { json } = dice.pick(requests.filter(({ path }) => path === DELTA));
    const opening = isInsider ? { ...json, token: insider.key } : json;
    const messages: unknown[] = [dice.chance(0.7) ? mutateJson(opening, dice) : opening];
    for (let left = dice.between(0, 3); left > 0; left--) messages.push(mutateJson({ acknowledge: 1 }, dice));
    return Buffer.concat([
      handshake(dice, true),
      ...messages.map((message) => frame(Buffer.from(JSON.stringify(message)), 0x81)),
    ]);
  },
};

function proved(json: object, isInsider: boolean): string {
  return JSON.stringify(isInsider ? { ...json, token: insider.key } : json);
}

function post(path: string, body: Buffer, contentType = "application/json"): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

function handshake(dice: Dice, isValid = dice.chance(0.9)): Buffer {
  const key = isValid ? "dGhlIHNhbXBsZSBub25jZQ==" : dice.pick(["", "x", "=".repeat(24)]);
  const extensions = dice.chance(0.2) ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
  return Buffer.from(
    `GET ${DELTA} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\n${extensions}Sec-WebSocket-Key: ${key}\r\n\r\n`,
  );
}

/** Makes a frame of a client (RFC 6455 §5.2) with a mask of zeros. */
function frame(payload: Buffer, first: number): Buffer {
  return Buffer.concat([Buffer.from([first]), lengthOf(payload), Buffer.alloc(4), payload]);
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 126) return Buffer.from([0x80 | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = 0x80 | (length < 65_536 ? 126 : 127);
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}
