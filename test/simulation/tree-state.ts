import { type EdgeState, heldThing, type HeldThing, partsText, type SiteState, type TreeState } from "./oracle.js";
import type { SimulatedEdge } from "./simulated-edge.js";
import type { SimulatedSite } from "./simulated-site.js";
import type { SimulatedTree } from "./simulated-tree.js";
import { type PlainField, plainFields } from "./things.js";

/** Reads what all sites and edges hold. */
export async function readTreeState(tree: SimulatedTree): Promise<Pick<TreeState, "sites" | "edges">> {
  const sites = new Map<string, SiteState>();
  for (const site of tree.sites.values()) {
    const { name, father: fatherName } = site.plan;
    const father = fatherName === undefined ? undefined : sites.get(fatherName)!;
    sites.set(name, { name, father, slice: site.slice, things: await thingsOf(site) });
  }
  const edges = [...tree.edges.values()].map((edge) => edgeState(edge, sites.get(tree.siteOf(edge).plan.name)!));
  return { sites: [...sites.values()], edges };
}

async function thingsOf({ store, site }: SimulatedSite): Promise<Map<string, HeldThing>> {
  const things = new Map<string, HeldThing>();
  await store!.snapshot(async (snapshot) => {
    for await (const batch of site!.entities.readAll(snapshot))
      for (const delta of batch) things.set(delta.techId, heldThing(delta));
  });
  return things;
}

function edgeState({ plan: { name, tracking }, slice, copy }: SimulatedEdge, site: SiteState): EdgeState {
  const held = new Map<string, ReadonlyMap<PlainField | "parts", unknown>>();
  for (const { techId, fields } of copy.values()) {
    const values = new Map<PlainField | "parts", unknown>([["parts", partsText(fields)]]);
    for (const field of plainFields) values.set(field, (fields as Record<string, unknown>)[field] ?? null);
    held.set(techId, values);
  }
  return { name, site, tracking, slice, held };
}
