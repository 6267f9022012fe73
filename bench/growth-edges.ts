import { setTimeout as delay } from "node:timers/promises";
import type { Position } from "../src/wire/requests.js";
import { serveParent } from "./child.js";
import { growthSlice, type GrowthSize } from "./growth-deltas.js";
import { RawEdge } from "./raw-edge.js";

/* The clients of growth.ts, in a process of their own: as cheap as they can be. */

const OPENED_AT_ONCE = 100;
const DELIVERY_MS_MAX = 60_000;
/** An edge that gets everything would be sent no more if it acknowledged only at the end. */
const ACKNOWLEDGE_MS = 1_000;

export interface GrowthEdges extends GrowthSize {
  readonly url: string;
  readonly position: Position;
}

const edges: RawEdge[] = [];
let rows = 0;

serveParent({ connect: (argument) => connect(argument as GrowthEdges), arrived, disconnect });

async function connect(asked: GrowthEdges): Promise<void> {
  while (edges.length < asked.edges) {
    const count = Math.min(OPENED_AT_ONCE, asked.edges - edges.length);
    const first = edges.length;
    edges.push(...(await Promise.all(Array.from({ length: count }, (_, at) => open(asked, first + at)))));
  }
}

function open({ url, position, ...size }: GrowthEdges, edge: number): Promise<RawEdge> {
  const topicsSlice = growthSlice(edge, size);
  const caller = { service: "FetchDeltas", clientId: "bench", tracking: "transition" };
  return RawEdge.open(url, { ...caller, topicsSlice, position, waitMsMax: 15_000 }, (count) => {
    rows += count;
  });
}

/** Waits until so many rows have arrived since the last time, and acknowledges them meanwhile. */
async function arrived(argument: unknown): Promise<void> {
  const expected = argument as number;
  const untilMs = Date.now() + DELIVERY_MS_MAX;
  let acknowledgedMs = Date.now();
  while (rows < expected && Date.now() < untilMs) {
    await delay(2);
    if (Date.now() - acknowledgedMs < ACKNOWLEDGE_MS) continue;
    acknowledgedMs = Date.now();
    acknowledge();
  }
  if (rows !== expected) throw new Error(`${rows} rows arrived instead of ${expected}`);
  rows = 0;
  acknowledge();
}

function acknowledge(): void {
  for (const edge of edges) edge.acknowledge();
}

function disconnect(): void {
  for (const edge of edges.splice(0)) edge.close();
}
