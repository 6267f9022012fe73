import { ok as assert } from "node:assert/strict";
import { once } from "node:events";
import { WebSocket } from "ws";
import { decodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import { serveParent } from "./child.js";
import { CLIENT_IDS, readingSchema, sharedNowMs } from "./fan-out-deltas.js";

/* The readers of commit-to-edge.ts, in a process of their own. */

export interface Readers {
  readonly url: string;
  readonly count: number;
}

/** When a reader had a delta decoded, and which it was: by the time at which it was made. */
export type Arrival = readonly [sentAtMs: number, arrivedMs: number];

let arrivals: Arrival[] = [];
let disconnect: () => Promise<void> | void = () => undefined;

serveParent({ connectEdges, connectPlain, arrived, disconnect: () => disconnect() });

async function connectEdges(argument: unknown): Promise<void> {
  const { url, count } = argument as Readers;
  const edges = CLIENT_IDS.slice(0, count).map(
    (clientId) => new Edge(new HttpClient({ clientId, servers: [url] }), { schema: readingSchema }),
  );
  disconnect = async () => {
    await Promise.all(edges.map((edge) => edge.close()));
  };
  // All want all, and no two slices are alike.
  await Promise.all(edges.map((edge, index) => follow(edge, `active*!secret${index}`)));
}

async function follow(edge: Edge, slice: string): Promise<void> {
  const load = await edge.fullLoad(slice);
  for await (const batch of load.batches()) assert(batch.length > 0, "a batch holds entities");
  void (async () => {
    try {
      for await (const { deltas } of edge.deltas()) deltas.forEach(take);
    } catch {
      // Closed at the end; whatever else it is, arrivals will be missed.
    }
  })();
}

async function connectPlain(argument: unknown): Promise<void> {
  const { url, count } = argument as Readers;
  const sockets = Array.from({ length: count }, () => new WebSocket(url, { perMessageDeflate: false }));
  disconnect = () => sockets.forEach((socket) => socket.terminate());
  for (const socket of sockets)
    socket.on("message", (message: Buffer) => decodeDeltaBuffer(readingSchema, message).forEach(take));
  await Promise.all(sockets.map((socket) => once(socket, "open")));
}

function take({ fields }: DeltaObject): void {
  arrivals.push([(fields as { sentAtMs: number }).sentAtMs, sharedNowMs()]);
}

/** Gives what has arrived since the last call, when there is so much of it. */
async function arrived(argument: unknown): Promise<readonly Arrival[]> {
  while (arrivals.length < (argument as number)) await new Promise((resolve) => setTimeout(resolve, 10));
  const taken = arrivals;
  arrivals = [];
  return taken;
}
