import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Position } from "../src/wire/requests.js";
import { type Child, startChild } from "./child.js";
import { besideFirst, type BenchOptions, quantile, type Row, rowOf, type Size, type Table } from "./measure.js";
import { RawEdge } from "./raw-edge.js";
import { inTemporaryFolder } from "./temporary-folder.js";
import { BRANCHES, capacityOf, changesMax, REGIONS, type TreeCosts } from "./tree-capacity.js";
import { EDGES, type LastChange, type TreeSite } from "./tree-site.js";

/*
 * Goals: what a change costs the sites of a tree on its way up and down, and an edge at its end; and from that, how many edges a
 * tree of three levels can serve and what its first limit is. Center, two regions, and a branch below each are real sites on
 * SQLite in processes of their own; what is written at one branch either ends at the center or goes on to the other branch.
 *
 * Non-goals: networks, and what one machine's memory holds (growth). What the tree can carry is calculated, not run.
 */

interface TreePlan {
  readonly entities: number;
  readonly changes: number;
  readonly perSecond: number;
  readonly edges: number;
  readonly runs: number;
}

const plans: Record<Size, TreePlan> = {
  full: { entities: 1_000, changes: 1_000, perSecond: 200, edges: 100, runs: 5 },
  tiny: { entities: 5, changes: 5, perSecond: 200, edges: 2, runs: 1 },
};

/** Shares of the changes that the tree can carry at all, for which its edges are calculated. */
const shares = [0.01, 0.1, 0.5];

/** What is wanted by no branch, and by the other one. */
const [UP, SHARED] = ["up", "shared"];
const DELIVERY_MS_MAX = 60_000;
/** A difference of two measured times may come out as nothing. */
const MICROS_MIN = 0.1;

const names = ["center", "region", "otherRegion", "branch", "otherBranch"] as const;
type Sites = Record<(typeof names)[number], Child>;
type Micros = Record<(typeof names)[number], number>;

export async function benchTree({ size, seed }: BenchOptions): Promise<Table[]> {
  return inTemporaryFolder(async (folder) => {
    const sites = Object.fromEntries(names.map((name) => [name, startChild("./tree-site.js")])) as Sites;
    try {
      await startTree(sites, folder);
      return tablesOf(await measure(sites, plans[size], seed));
    } finally {
      await Promise.all(Object.values(sites).map((site) => site.end()));
    }
  });
}

async function startTree(sites: Sites, folder: string): Promise<void> {
  const start = (name: (typeof names)[number], rest: Pick<TreeSite, "sons" | "father">): Promise<unknown> =>
    sites[name].call("start", { connectionString: `sqlite:${join(folder, name)}`, siteId: name, ...rest });
  const under = (url: unknown, topicsSlice: string) => ({ url: url as string, topicsSlice });
  const center = await start("center", { sons: ["region", "otherRegion"] });
  const region = await start("region", { sons: ["branch"], father: under(center, "own") });
  const otherRegion = await start("otherRegion", { sons: ["otherBranch"], father: under(center, SHARED) });
  await start("branch", { sons: [], father: under(region, "own") });
  await start("otherBranch", { sons: [], father: under(otherRegion, SHARED) });
  for (const name of names) await sites[name].call("whenLive");
}

async function measure(sites: Sites, plan: TreePlan, seed: number): Promise<readonly TreeCosts[]> {
  const { center, branch, otherBranch } = sites;
  for (const [at, topic] of [UP, SHARED].entries()) {
    const last = (await branch.call("create", { topic, count: plan.entities, seed: seed + at })) as LastChange;
    await center.call("arrived", last);
    if (topic === SHARED) await otherBranch.call("arrived", last);
  }
  const costs: TreeCosts[] = [];
  // One run only warms up.
  for (let run = -1; run < plan.runs; run++) {
    const up = await microsOf(sites, plan, UP);
    const shared = await microsOf(sites, plan, SHARED);
    const followed = await withEdges(otherBranch, plan, () => microsOf(sites, plan, SHARED));
    if (run >= 0) costs.push(costsOf(up, shared, (followed.otherBranch - shared.otherBranch) / plan.edges));
  }
  return costs;
}

function costsOf(up: Micros, shared: Micros, delivery: number): TreeCosts {
  const center = Math.max(MICROS_MIN, shared.center - up.center);
  return {
    up: { branch: up.branch, region: up.region, center: up.center },
    down: { center, region: shared.otherRegion, branch: shared.otherBranch },
    delivery: Math.max(MICROS_MIN, delivery),
  };
}

/** Gives what each site spends on a change that is written at the branch. */
async function microsOf(sites: Sites, { changes, perSecond }: TreePlan, topic: string): Promise<Micros> {
  const before = await cpuOf(sites);
  const last = await sites.branch.call("change", { topic, count: changes, perSecond });
  await sites.center.call("arrived", last);
  if (topic === SHARED) await sites.otherBranch.call("arrived", last);
  const after = await cpuOf(sites);
  return Object.fromEntries(names.map((name) => [name, ((after[name] - before[name]) * 1e6) / changes])) as Micros;
}

async function cpuOf(sites: Sites): Promise<Micros> {
  const seconds = await Promise.all(names.map((name) => sites[name].call("cpuSeconds")));
  return Object.fromEntries(names.map((name, at) => [name, seconds[at]])) as Micros;
}

/** Has edges follow everything that comes to a site meanwhile. */
async function withEdges<T>(site: Child, { edges: count, changes }: TreePlan, work: () => Promise<T>): Promise<T> {
  const position = (await site.call("position")) as Position;
  const url = (await site.call("url")) as string;
  let rows = 0;
  const request = { service: "FetchDeltas", clientId: EDGES, tracking: "transition", topicsSlice: SHARED };
  const open = () => RawEdge.open(url, { ...request, position, waitMsMax: 15_000 }, (more) => (rows += more));
  const edges = await Promise.all(Array.from({ length: count }, open));
  try {
    const result = await work();
    const untilMs = Date.now() + DELIVERY_MS_MAX;
    while (rows < count && Date.now() < untilMs) await delay(2);
    if (rows < count) throw new Error(`${rows} rows arrived at ${count} edges after ${changes} changes`);
    return result;
  } finally {
    for (const edge of edges) edge.close();
  }
}

function tablesOf(costs: readonly TreeCosts[]): Table[] {
  const row = (name: string, of: (cost: TreeCosts) => number): Row => rowOf(name, "µs", costs.map(of));
  const middle = (of: (cost: TreeCosts) => number): number =>
    quantile(
      costs.map(of).toSorted((a, b) => a - b),
      0.5,
    );
  const median: TreeCosts = {
    up: {
      branch: middle(({ up }) => up.branch),
      region: middle(({ up }) => up.region),
      center: middle(({ up }) => up.center),
    },
    down: {
      ...{ center: middle(({ down }) => down.center), region: middle(({ down }) => down.region) },
      branch: middle(({ down }) => down.branch),
    },
    delivery: middle(({ delivery }) => delivery),
  };
  const most = changesMax(median);
  const capacities = shares.map((share) => {
    const { edges, firstLimit } = capacityOf((most * share) / BRANCHES, median);
    return rowOf(`${Math.round(most * share)} changes/s; first limit: ${firstLimit}`, "edges", [edges]);
  });
  const tree = `calculated for a center, ${REGIONS} regions and ${BRANCHES} branches, each with half a core`;
  return [
    {
      title: "a change on its way through a tree, 200 changes/s: CPU time of each site",
      rows: besideFirst([
        row("the branch that writes it, and gives it to its region", ({ up }) => up.branch),
        row("its region, which takes it and gives it to the center", ({ up }) => up.region),
        row("the center, which takes it", ({ up }) => up.center),
        row("the center, to give it to another region", ({ down }) => down.center),
        row("that region, which takes it and gives it to a branch", ({ down }) => down.region),
        row("that branch, which takes it", ({ down }) => down.branch),
        row("and there each edge that it is given to", ({ delivery }) => delivery),
      ]),
    },
    { title: `${tree}: what all branches together may write`, rows: [rowOf("at most", "changes/s", [most])] },
    { title: `${tree}: edges, of which each wants a tenth of what comes to its branch`, rows: besideFirst(capacities) },
  ];
}
