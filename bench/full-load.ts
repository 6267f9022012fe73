import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import { serverPath } from "../src/wire/requests.js";
import { articleSchema } from "./articles.js";
import { type Child, startChild } from "./child.js";
import {
  besideLast,
  type BenchOptions,
  inTurns,
  linesOf,
  quantile,
  type Row,
  rowOf,
  type Table,
  type Trial,
} from "./measure.js";

/*
 * Goals: how fast a client is given everything that its slice selects, and what that costs the server, beside a bare
 * node:http server that streams the very same bytes from memory in pieces of 128 KiB, waiting for drain. Both servers have
 * processes of their own. The client either counts bytes, so that the server is what is measured, or is an Edge that decodes.
 * What a load of a hundredth of the entities costs, spread over the cache as they are, beside a hundredth of the full load; how
 * soon the first byte comes; and how long an edge with another slice waits for its deltas while full loads run.
 *
 * Non-goals: filling the cache, which is done before; networks: all is on one machine, over loopback, client and server
 * competing for its cores.
 */

interface LoadPlan {
  readonly entities: number;
  readonly runs: number;
}

type Figure = "speed" | "cpuSpeed" | "cpuMs" | "firstMs";

/** A load of a hundredth is repeated, so that its CPU time can be told. */
const SHELF_LOADS = 20;
const LIVE_PER_SECOND = 100;

const plans: Record<BenchOptions["size"], LoadPlan> = {
  full: { entities: 1_000_000, runs: 4 },
  tiny: { entities: 500, runs: 1 },
};

function loadRequest(topicsSlice: string): string {
  return JSON.stringify({ service: "FullLoad", clientId: "bench", tracking: "transition", topicsSlice });
}

const MEGABYTE = 1e6;

export async function benchFullLoad({ size, seed }: BenchOptions): Promise<Table[]> {
  const { entities, runs } = plans[size];
  const [liveDist, plain] = [startChild("./full-load-server.js"), startChild("./full-load-server.js")];
  try {
    const base = (await liveDist.call("startLiveDist", { count: entities, seed })) as string;
    const url = base + serverPath("1", "cache");
    const plainUrl = (await plain.call("startPlain", { url, request: loadRequest("all") })) as string;
    const { bytes } = await countBytes(url);
    const trials = [
      trial("LiveDist, an Edge decodes", liveDist, bytes, () => loadByEdge(base, entities)),
      trial("LiveDist, the client counts bytes", liveDist, bytes, () => countBytes(url)),
      trial("bare node:http, the client counts bytes", plain, bytes, () => countBytes(plainUrl)),
    ];
    const results = await inTurns(trials, runs);
    const edge = results[0]!.runs.map(({ speed }) => (speed * MEGABYTE * entities) / bytes);
    const what = `a full load of ${entities.toLocaleString("en-US")} entities, ${Math.round(bytes / entities)} bytes each`;
    const target = "at least 0.5 × of the bare server's, where the client counts bytes";
    const counted = results.slice(1);
    return [
      { title: what, target, rows: linesOf("speed", "MB/s", results) },
      { title: `${what}: by the CPU time of the server`, target, rows: linesOf("cpuSpeed", "MB/CPU-s", results) },
      { title: `${what}: until the first byte`, target: "under 50 ms", rows: linesOf("firstMs", "ms", counted) },
      { title: `${what}: entities that the Edge gives out`, rows: [rowOf("Edge", "entities/s", edge)] },
      {
        title: "a load of a hundredth of them, by one of their topics: CPU time of the server",
        target: "at most 1.5 × a hundredth of the full load's",
        rows: await benchHundredth(liveDist, url, results[1]!.runs, runs),
      },
      await benchLive(liveDist, base, () => countBytes(url), size === "full" ? 1_000 : 20),
    ];
  } finally {
    await Promise.all([liveDist.end(), plain.end()]);
  }
}

async function benchHundredth(
  server: Child,
  url: string,
  full: readonly Readonly<Record<Figure, number>>[],
  runs: number,
): Promise<Row[]> {
  const samples: number[] = [];
  for (let run = -1; run < runs; run++) {
    const cpuBefore = await cpuSeconds(server);
    for (let load = 0; load < SHELF_LOADS; load++) await countBytes(url, `shelf${(load * 7) % 100}`);
    const cpuMs = (((await cpuSeconds(server)) - cpuBefore) * 1000) / SHELF_LOADS;
    if (run >= 0) samples.push(cpuMs);
  }
  const hundredths = full.map(({ cpuMs }) => cpuMs / 100);
  return besideLast([rowOf("a hundredth", "ms", samples), rowOf("a hundredth of a full load", "ms", hundredths)]);
}

/** Lets an edge follow a slice of its own while nothing else goes on, and while full loads run one after the other. */
async function benchLive(server: Child, base: string, load: () => Promise<unknown>, deltas: number): Promise<Table> {
  const idle = await liveLatencies(server, base, deltas, () => Promise.resolve());
  const loaded = await liveLatencies(server, base, deltas, load);
  const p99 = (name: string, latencies: readonly number[]): Row => rowOf(name, "ms", [quantile(latencies, 0.99)]);
  return {
    title: `an edge with another slice, ${LIVE_PER_SECOND} deltas a second: 99 of 100 arrive within`,
    target: "under 50 ms",
    rows: besideLast([p99("while full loads run", loaded), p99("while nothing else does", idle)]),
  };
}

/** Gives how long each delta took from before its commit until the edge had it, in order. */
async function liveLatencies(
  server: Child,
  base: string,
  deltas: number,
  load: () => Promise<unknown>,
): Promise<readonly number[]> {
  const edge = new Edge(new HttpClient({ clientId: "bench", servers: [base] }), { schema: articleSchema });
  const entities = await edge.fullLoad("live");
  for await (const deltas of entities.batches()) if (deltas.length === 0) break;
  const ended = new AbortController();
  const writing = server.call("writeLive", { count: deltas, perSecond: LIVE_PER_SECOND });
  const loading = (async () => {
    while (!ended.signal.aborted) await Promise.all([load(), delay(1)]);
  })();
  const latencies: number[] = [];
  for await (const batch of edge.deltas()) {
    const now = performance.timeOrigin + performance.now();
    for (const { fields } of batch.deltas) latencies.push(now - (fields as { price: number }).price);
    if (latencies.length >= deltas) break;
  }
  ended.abort();
  await Promise.all([writing, loading]);
  await edge.close();
  return latencies.sort((a, b) => a - b);
}

function trial(name: string, server: Child, bytes: number, load: () => Promise<unknown>): Trial<Figure> {
  return {
    name,
    async run() {
      const cpuBefore = await cpuSeconds(server);
      const start = performance.now();
      const loaded = (await load()) as Partial<Loaded> | undefined;
      const seconds = (performance.now() - start) / 1000;
      const cpu = (await cpuSeconds(server)) - cpuBefore;
      const firstMs = loaded?.firstMs ?? NaN;
      return { speed: bytes / MEGABYTE / seconds, cpuSpeed: bytes / MEGABYTE / cpu, cpuMs: cpu * 1000, firstMs };
    },
  };
}

async function cpuSeconds(child: Child): Promise<number> {
  return (await child.call("cpuSeconds")) as number;
}

interface Loaded {
  readonly bytes: number;
  /** Milliseconds from the request to the first byte of the answer. */
  readonly firstMs: number;
}

async function countBytes(url: string, topicsSlice = "all"): Promise<Loaded> {
  const start = performance.now();
  const request = httpRequest(url, { method: "POST", headers: { "Content-Type": "application/json" }, agent: false });
  request.end(loadRequest(topicsSlice));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const firstMs = performance.now() - start;
  let bytes = 0;
  response.on("data", (piece: Buffer) => (bytes += piece.length));
  await once(response, "end");
  return { bytes, firstMs };
}

async function loadByEdge(url: string, expected: number): Promise<void> {
  const edge = new Edge(new HttpClient({ clientId: "bench", servers: [url] }), { schema: articleSchema });
  let count = 0;
  for await (const deltas of (await edge.fullLoad("all")).batches()) count += deltas.length;
  await edge.close();
  if (count !== expected) throw new Error(`${count} entities arrived instead of ${expected}`);
}
