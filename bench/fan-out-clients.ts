import { ok as assert } from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { decodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import { CLIENT_IDS, readingSchema, sharedNowMs, sliceOf } from "./fan-out-deltas.js";

const DELIVERY_MS_MAX = 120_000;

/** What all clients of one server were given, decoded. */
export class Deliveries {
  #count = 0;
  #expected = Infinity;
  #latenciesMs: number[] = [];
  #done: () => void = () => undefined;

  readonly take = (deltas: readonly DeltaObject[]): void => {
    const nowMs = sharedNowMs();
    for (const { fields } of deltas) this.#latenciesMs.push(nowMs - (fields as { sentAtMs: number }).sentAtMs);
    this.#count += deltas.length;
    if (this.#count >= this.#expected) this.#done();
  };

  /** Waits for so many deliveries since the last wait and gives their latencies in milliseconds. Rejects where they do not come. */
  async wait(expected: number): Promise<number[]> {
    const timeout = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#done = resolve;
        this.#expected = expected;
        this.take([]);
      }),
      delay(DELIVERY_MS_MAX, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    timeout.abort();
    if (this.#count !== expected) throw new Error(`${this.#count} deliveries arrived instead of ${expected}`);
    const latenciesMs = this.#latenciesMs;
    this.#count = 0;
    this.#expected = Infinity;
    this.#latenciesMs = [];
    return latenciesMs;
  }
}

/** Connects all clients to LiveDist, each an Edge. Gives what disconnects them. */
export async function connectEdges(url: string, deliveries: Deliveries): Promise<() => Promise<void>> {
  const edges = CLIENT_IDS.map(
    (clientId) => new Edge(new HttpClient({ clientId, servers: [url] }), { schema: readingSchema }),
  );
  await Promise.all(edges.map((edge, client) => follow(edge, sliceOf(client), deliveries)));
  return async () => {
    await Promise.all(edges.map((edge) => edge.close()));
  };
}

async function follow(edge: Edge, slice: string, deliveries: Deliveries): Promise<void> {
  const load = await edge.fullLoad(slice);
  for await (const batch of load.batches()) assert(batch.length > 0, "a batch holds entities");
  void (async () => {
    try {
      for await (const { deltas } of edge.deltas()) deliveries.take(deltas);
    } catch {
      // Closed at the end; whatever else it is, deliveries will be missed.
    }
  })();
}

/** Connects all clients to the plain server. */
export async function connectPlain(url: string, deliveries: Deliveries): Promise<() => Promise<void>> {
  const sockets = await Promise.all(CLIENT_IDS.map((_, client) => openPlain(url, sliceOf(client), deliveries)));
  return async () => {
    for (const socket of sockets) socket.terminate();
    await Promise.resolve();
  };
}

async function openPlain(url: string, slice: string, deliveries: Deliveries): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  socket.send(slice);
  await once(socket, "message");
  socket.on("message", (message: Buffer) => deliveries.take(deltasOf(message)));
  return socket;
}

function deltasOf(message: Buffer): DeltaObject[] {
  const deltas: DeltaObject[] = [];
  for (let at = 0; at < message.length;) {
    const from = at + 4;
    at = from + message.readUInt32LE(at);
    deltas.push(...decodeDeltaBuffer(readingSchema, message.subarray(from, at)));
  }
  return deltas;
}
