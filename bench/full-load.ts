import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { performance } from "node:perf_hooks";
import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import { serverPath } from "../src/wire/requests.js";
import { articleSchema } from "./articles.js";
import { type Child, startChild } from "./child.js";
import { type BenchOptions, inTurns, linesOf, rowOf, type Table, type Trial } from "./measure.js";

/*
 * Goals: how fast a client is given everything that its slice selects, and what that costs the server, beside a bare
 * node:http server that streams the very same bytes from memory in pieces of 128 KiB, waiting for drain. Both servers have
 * processes of their own. The client either counts bytes, so that the server is what is measured, or is an Edge that decodes.
 *
 * Non-goals: filling the cache, which is done before; networks: all is on one machine, over loopback, client and server
 * competing for its cores.
 */

interface LoadPlan {
  readonly entities: number;
  readonly runs: number;
}

type Figure = "speed" | "cpuSpeed";

const plans: Record<BenchOptions["size"], LoadPlan> = {
  full: { entities: 1_000_000, runs: 4 },
  tiny: { entities: 500, runs: 1 },
};

const loadRequest = JSON.stringify({
  service: "FullLoad",
  clientId: "bench",
  tracking: "transition",
  topicsSlice: "all",
});
const MEGABYTE = 1e6;

export async function benchFullLoad({ size, seed }: BenchOptions): Promise<Table[]> {
  const { entities, runs } = plans[size];
  const [liveDist, plain] = [startChild("./full-load-server.js"), startChild("./full-load-server.js")];
  try {
    const base = (await liveDist.call("startLiveDist", { count: entities, seed })) as string;
    const url = base + serverPath("1", "cache");
    const plainUrl = (await plain.call("startPlain", { url, request: loadRequest })) as string;
    const bytes = await countBytes(url);
    const trials = [
      trial("LiveDist, an Edge decodes", liveDist, bytes, () => loadByEdge(base, entities)),
      trial("LiveDist, the client counts bytes", liveDist, bytes, () => countBytes(url)),
      trial("bare node:http, the client counts bytes", plain, bytes, () => countBytes(plainUrl)),
    ];
    const results = await inTurns(trials, runs);
    const edge = results[0]!.runs.map(({ speed }) => (speed * MEGABYTE * entities) / bytes);
    const what = `a full load of ${entities.toLocaleString("en-US")} entities, ${Math.round(bytes / entities)} bytes each`;
    return [
      { title: what, rows: linesOf("speed", "MB/s", results) },
      { title: `${what}: by the CPU time of the server`, rows: linesOf("cpuSpeed", "MB/CPU-s", results) },
      { title: `${what}: entities that the Edge gives out`, rows: [rowOf("Edge", "entities/s", edge)] },
    ];
  } finally {
    await Promise.all([liveDist.end(), plain.end()]);
  }
}

function trial(name: string, server: Child, bytes: number, load: () => Promise<unknown>): Trial<Figure> {
  return {
    name,
    async run() {
      const cpuBefore = await cpuSeconds(server);
      const start = performance.now();
      await load();
      const seconds = (performance.now() - start) / 1000;
      const cpu = (await cpuSeconds(server)) - cpuBefore;
      return { speed: bytes / MEGABYTE / seconds, cpuSpeed: bytes / MEGABYTE / cpu };
    },
  };
}

async function cpuSeconds(child: Child): Promise<number> {
  return (await child.call("cpuSeconds")) as number;
}

async function countBytes(url: string): Promise<number> {
  const request = httpRequest(url, { method: "POST", headers: { "Content-Type": "application/json" }, agent: false });
  request.end(loadRequest);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let bytes = 0;
  response.on("data", (piece: Buffer) => (bytes += piece.length));
  await once(response, "end");
  return bytes;
}

async function loadByEdge(url: string, expected: number): Promise<void> {
  const edge = new Edge(new HttpClient({ clientId: "bench", servers: [url] }), { schema: articleSchema });
  let count = 0;
  for await (const deltas of (await edge.fullLoad("all")).batches()) count += deltas.length;
  await edge.close();
  if (count !== expected) throw new Error(`${count} entities arrived instead of ${expected}`);
}
