import { request } from "node:http";
import { serverPath } from "../src/wire/requests.js";
import { type Child, startChild } from "./child.js";
import { type GrowthSize, LOADED, WANTED_BY } from "./growth-deltas.js";
import type { GrowthEdges } from "./growth-edges.js";
import { besideFirst, type BenchOptions, type Row, rowOf, type Size, type Table } from "./measure.js";

/*
 * Goals: what a server's work and memory depend on: CPU time for a delta, for a load of a thousand entities, and memory, while
 * entities, edges, topics and the terms of a slice grow tenfold at a time and the rest stays. A line that does not grow shows
 * that its kind of growth costs nothing; the first line of a table is its yardstick.
 *
 * Non-goals: how fast it can go: deltas come at a steady rate, each alone, and are wanted by ten edges (by one, where there is
 * one), so that what is compared is the same work. Registered clients (registration, registered-deltas). Databases.
 */

interface GrowthPlan {
  readonly base: GrowthSize;
  readonly perSecond: number;
  readonly deltas: number;
  readonly loads: number;
  readonly runs: number;
  readonly grown: { readonly [Kind in keyof GrowthSize]: readonly number[] };
}

const plans: Record<Size, GrowthPlan> = {
  full: {
    base: { entities: 10_000, edges: 50, topics: 10, terms: 1 },
    ...{ perSecond: 1_000, deltas: 2_000, loads: 20, runs: 3 },
    grown: {
      entities: [10_000, 100_000, 1_000_000, 10_000_000],
      edges: [1, 10, 100, 1_000, 10_000],
      topics: [10, 100, 1_000, 10_000, 100_000],
      terms: [1, 10, 100, 1_000],
    },
  },
  tiny: {
    base: { entities: 1_000, edges: 10, topics: 10, terms: 1 },
    ...{ perSecond: 1_000, deltas: 10, loads: 1, runs: 1 },
    grown: { entities: [1_000], edges: [1], topics: [], terms: [10] },
  },
};

/** So many topics are only there where as many entities have them. */
const ENTITIES_PER_TOPIC = 2;
const MEGABYTE = 1e6;

/** What is known of one size, run by run. */
interface Point {
  readonly name: string;
  readonly deltaMicros: readonly number[];
  readonly loadMs: readonly number[];
  readonly megabytes: number;
}

export async function benchGrowth({ size }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const tables: Table[] = [];
  for (const kind of Object.keys(plan.grown) as (keyof GrowthSize)[]) {
    const points: Point[] = [];
    for (const count of plan.grown[kind]) points.push(await measure(kind, count, plan));
    if (points.length > 0) tables.push(...tablesOf(kind, points));
  }
  return tables;
}

async function measure(kind: keyof GrowthSize, count: number, plan: GrowthPlan): Promise<Point> {
  const grown = { ...plan.base, [kind]: count };
  const size = { ...grown, entities: Math.max(grown.entities, grown.topics * ENTITIES_PER_TOPIC) };
  const [server, edges] = [startChild("./growth-server.js"), startChild("./growth-edges.js")];
  try {
    const url = (await server.call("start", size)) as string;
    const position = (await server.call("position")) as GrowthEdges["position"];
    await edges.call("connect", { url, position, ...size } satisfies GrowthEdges);
    const megabytes = ((await server.call("heldBytes")) as number) / MEGABYTE;
    const deltaMicros: number[] = [];
    const loadMs: number[] = [];
    // One run only warms up.
    for (let run = -1; run < plan.runs; run++) {
      const micros = await deltaMicrosOf(server, edges, size, plan);
      const ms = await loadMsOf(server, url, plan.loads);
      if (run < 0) continue;
      deltaMicros.push(micros);
      loadMs.push(ms);
    }
    return { name: `${count.toLocaleString("en-US")} ${kind}`, deltaMicros, loadMs, megabytes };
  } finally {
    await edges.end();
    await server.end();
  }
}

async function deltaMicrosOf(server: Child, edges: Child, size: GrowthSize, plan: GrowthPlan): Promise<number> {
  const { deltas, perSecond } = plan;
  await server.call("prepare", { ...size, deltas });
  const before = (await server.call("cpuSeconds")) as number;
  await server.call("releaseAtRate", perSecond);
  await edges.call("arrived", deltas * Math.min(size.edges, WANTED_BY));
  return ((((await server.call("cpuSeconds")) as number) - before) * 1e6) / deltas;
}

async function loadMsOf(server: Child, url: string, loads: number): Promise<number> {
  const before = (await server.call("cpuSeconds")) as number;
  for (let load = 0; load < loads; load++) await drainLoad(url + serverPath("1", "cache"));
  return ((((await server.call("cpuSeconds")) as number) - before) * 1e3) / loads;
}

function drainLoad(url: string): Promise<void> {
  const body = { service: "FullLoad", clientId: "bench", tracking: "transition", topicsSlice: "loaded" };
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    request(url, { method: "POST", headers }, (answer) => {
      if (answer.statusCode === 200) answer.on("end", resolve).on("error", reject).resume();
      else reject(new Error(`the load was answered with ${answer.statusCode}`));
    })
      .on("error", reject)
      .end(JSON.stringify(body));
  });
}

function tablesOf(kind: keyof GrowthSize, points: readonly Point[]): Table[] {
  const rows = (unit: string, samplesOf: (point: Point) => readonly number[]): Row[] =>
    besideFirst(points.map((point) => rowOf(point.name, unit, samplesOf(point))));
  const loaded = LOADED.toLocaleString("en-US");
  return [
    { title: `${kind} grow: CPU time of a delta`, rows: rows("µs", ({ deltaMicros }) => deltaMicros) },
    { title: `${kind} grow: CPU time of a load of ${loaded} entities`, rows: rows("ms", ({ loadMs }) => loadMs) },
    { title: `${kind} grow: memory of the server`, rows: rows("MB", ({ megabytes }) => [megabytes]) },
  ];
}
