import { setTimeout as delay } from "node:timers/promises";
import { STREAM_ACKNOWLEDGED_MS_MAX } from "../src/base/limits.js";
import type { Position } from "../src/wire/requests.js";
import { serveParent } from "./child.js";
import { CLIENT_IDS, sliceOf } from "./fan-out-deltas.js";
import { RawEdge } from "./raw-edge.js";

/* The clients of many-edges.ts, in a process of their own. They acknowledge as an Edge does, not all at the same time. */

const OPENED_AT_ONCE = 100;
const SLOTS = 100;
const DELIVERY_MS_MAX = 60_000;

export interface ManyEdges {
  readonly url: string;
  readonly edges: number;
  readonly groups: number;
  readonly regions: number;
  readonly position: Position;
}

const edges: RawEdge[] = [];
let rows = 0;
let acknowledgedSlot = 0;

serveParent({ connect, arrived });

async function connect(argument: unknown): Promise<void> {
  const asked = argument as ManyEdges;
  while (edges.length < asked.edges) {
    const count = Math.min(OPENED_AT_ONCE, asked.edges - edges.length);
    const first = edges.length;
    edges.push(...(await Promise.all(Array.from({ length: count }, (_, at) => open(asked, first + at)))));
  }
  setInterval(acknowledgeSome, STREAM_ACKNOWLEDGED_MS_MAX / SLOTS);
}

function open({ url, groups, regions, position }: ManyEdges, index: number): Promise<RawEdge> {
  const request = {
    service: "FetchDeltas",
    clientId: CLIENT_IDS[index % CLIENT_IDS.length]!,
    tracking: "transition",
    topicsSlice: sliceOf(index % groups, regions),
    position,
    waitMsMax: 15_000,
  };
  return RawEdge.open(url, request, (count) => {
    rows += count;
  });
}

function acknowledgeSome(): void {
  acknowledgedSlot = (acknowledgedSlot + 1) % SLOTS;
  for (let index = acknowledgedSlot; index < edges.length; index += SLOTS) edges[index]!.acknowledge();
}

/** Waits until so many rows have arrived since the last time. */
async function arrived(argument: unknown): Promise<void> {
  const expected = argument as number;
  const untilMs = Date.now() + DELIVERY_MS_MAX;
  while (rows < expected && Date.now() < untilMs) await delay(2);
  if (rows !== expected) throw new Error(`${rows} rows arrived instead of ${expected}`);
  rows = 0;
}
