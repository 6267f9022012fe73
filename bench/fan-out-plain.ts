import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setImmediate as soon } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { parseTopicsSlice } from "../src/topics/topics-slice.js";
import { atRate } from "./at-rate.js";
import { serveParent } from "./child.js";
import { readingSchema, ReadingSource } from "./fan-out-deltas.js";

/*
 * The yardstick of fan-out.ts: what one would write with `ws` alone. Deltas are made into bytes once, each client's slice is
 * asked, and what a client gets in one turn of the event loop goes out as one message. No log, no cache, no flow control.
 */

/** Deltas that go out in one turn: as many as LiveDist reads of its log at a time. */
const DELTAS_PER_TURN = 1_000;
const LENGTH_BYTES = 4;

interface Message {
  readonly topics: ReadonlySet<string>;
  readonly bytes: Uint8Array;
}

class Client {
  readonly #socket: WebSocket;
  readonly #slice;
  #queue: Uint8Array[] = [];

  constructor(socket: WebSocket, slice: string) {
    this.#socket = socket;
    this.#slice = parseTopicsSlice(slice);
  }

  offer({ topics, bytes }: Message): void {
    if (!this.#slice.selectsHeld(topics)) return;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push(bytes);
  }

  #flush(): void {
    this.#socket.send(Buffer.concat(this.#queue));
    this.#queue = [];
  }
}

const clients = new Set<Client>();
let source: ReadingSource;
let prepared: Message[] = [];

serveParent({ start, prepare, release, releaseAtRate, sendAtRate });

async function start(argument: unknown): Promise<string> {
  source = new ReadingSource((argument as { seed: number }).seed);
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.once("message", (slice: Buffer) => {
      const client = new Client(socket, slice.toString());
      clients.add(client);
      socket.on("close", () => clients.delete(client));
      socket.send("ready");
    });
  });
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function prepare(argument: unknown): void {
  prepared = Array.from({ length: argument as number }, () => messageOf(source.update()));
}

async function release(): Promise<void> {
  for (let from = 0; from < prepared.length; from += DELTAS_PER_TURN) {
    for (const message of prepared.slice(from, from + DELTAS_PER_TURN)) offerAll(message);
    await soon();
  }
  prepared = [];
}

async function releaseAtRate(argument: unknown): Promise<void> {
  const { perSecond } = argument as { perSecond: number };
  let next = 0;
  await atRate(prepared.length, perSecond, () => offerAll(prepared[next++]!));
  prepared = [];
}

function sendAtRate(argument: unknown): Promise<void> {
  const { count, perSecond } = argument as { count: number; perSecond: number };
  return atRate(count, perSecond, () => offerAll(messageOf(source.update())));
}

function offerAll(message: Message): void {
  for (const client of clients) client.offer(message);
}

/** A delta-buffer behind its length. */
function messageOf(delta: DeltaObject): Message {
  const deltaBuffer = encodeDeltaBuffer(readingSchema, [delta]);
  const bytes = Buffer.alloc(LENGTH_BYTES + deltaBuffer.length);
  bytes.writeUInt32LE(deltaBuffer.length);
  bytes.set(deltaBuffer, LENGTH_BYTES);
  return { topics: new Set(delta.topics), bytes };
}
