import { CONNECTIONS_MAX } from "../src/base/limits.js";

/** Microseconds of CPU time that sites spend on a change, and on giving it to an edge. */
export interface TreeCosts {
  /** Of a change that a branch writes: there, at its region, and at the center. */
  readonly up: { readonly branch: number; readonly region: number; readonly center: number };
  /** Of passing it on below another region: at the center, beyond taking it; at that region, and at one branch below. */
  readonly down: { readonly center: number; readonly region: number; readonly branch: number };
  /** Of giving it to one edge. */
  readonly delivery: number;
}

/** What a tree can carry, and what stands in the way of more. */
export interface Capacity {
  readonly edges: number;
  readonly firstLimit: string;
}

/** The tree that is calculated: so many regions below the center, and branches below them. */
export const REGIONS = 10;
const BRANCHES_PER_REGION = 10;
export const BRANCHES = REGIONS * BRANCHES_PER_REGION;
/** How much of its core a site may need. */
const BUSY = 0.5;
/** The share of the changes at a branch that one edge wants. */
const WANTED_SHARE = 0.1;
const MICROS = 1e6;

/**
 * Calculates how many edges a tree of three levels serves where each branch writes so many changes a second, each of which goes up
 * to the center and down to one other branch: as many as leave every site under `BUSY` of a core.
 */
export function capacityOf(changesPerSecond: number, costs: TreeCosts): Capacity {
  const { up, down, delivery } = costs;
  const ofBranch = { center: BRANCHES, region: BRANCHES_PER_REGION, branch: 1 };
  for (const place of ["center", "region", "branch"] as const) {
    const busy = (changesPerSecond * ofBranch[place] * (up[place] + down[place])) / MICROS;
    if (busy >= BUSY) return { edges: 0, firstLimit: `a ${place}'s core` };
  }
  const left = BUSY - (changesPerSecond * (up.branch + down.branch)) / MICROS;
  const perEdge = (2 * changesPerSecond * WANTED_SHARE * delivery) / MICROS;
  const byCpu = Math.floor(left / perEdge);
  return byCpu < CONNECTIONS_MAX
    ? { edges: BRANCHES * byCpu, firstLimit: "a branch's core" }
    : { edges: BRANCHES * CONNECTIONS_MAX, firstLimit: "connections of a server" };
}

/** Calculates how many changes a second all branches together may write before a site needs more than `BUSY` of a core. */
export function changesMax({ up, down }: TreeCosts): number {
  const center = up.center + down.center;
  const region = (up.region + down.region) / REGIONS;
  const branch = (up.branch + down.branch) / BRANCHES;
  return (BUSY * MICROS) / Math.max(center, region, branch);
}
