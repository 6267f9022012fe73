import { parseTopicsSlice, openStore, type Site, startSite, type Store, type TopicsSlice } from "livedist";
import { join } from "node:path";
import { Cable } from "./cable.js";
import { schema, topicsOf } from "./city.js";
import type { CleanUp } from "./clean-up.js";
import { addClients } from "./database.js";
import { ExampleError } from "./example-error.js";
import type { StoredCity } from "./load-cities.js";
import { count, duration, say } from "./say.js";
import { temporaryFolder } from "./temporary-folder.js";
import { waitUntil } from "./wait-until.js";

export type SiteName = "center" | "europe" | "south-america" | "france";

/** The sites below the center: each takes a part of what its father holds, and passes on what is edited at it. */
const sons: readonly { readonly name: SiteName; readonly father: SiteName; readonly slice: string }[] = [
  { name: "south-america", father: "center", slice: "continent-SA" },
  { name: "europe", father: "center", slice: "continent-EU" },
  { name: "france", father: "europe", slice: "country-FR" },
];

/** A site of the tree, with a database, servers and edges of its own. */
export interface TreeSite {
  readonly name: SiteName;
  readonly store: Store;
  readonly site: Site;
  /** What it holds of the cities as they were stored. */
  readonly cities: readonly StoredCity[];
  /** What edges reach it by. */
  readonly edgeCable: Cable;
  readonly father?: TreeSite;
  readonly slice?: TopicsSlice;
  /** What it reaches its father by, and its father it: no father could open a connection to it. */
  readonly fatherCable?: Cable;
}

/** Starts the root of the tree on the database of all cities. */
export async function startCenter(
  store: Store,
  cities: readonly StoredCity[],
  config: Readonly<Record<string, string>>,
  cleanUp: CleanUp,
): Promise<TreeSite> {
  const site = await startNamed("center", store, config, cleanUp);
  return { name: "center", store, site, cities, edgeCable: await Cable.lay(site.server.url, cleanUp) };
}

/** Starts the other sites one after the other, each with an empty database. */
export async function startSons(center: TreeSite, signal: AbortSignal, cleanUp: CleanUp): Promise<TreeSite[]> {
  const sites = [center];
  for (const { name, father, slice } of sons)
    sites.push(await startSon(name, slice, siteNamed(father, sites), signal, cleanUp));
  return sites;
}

export function siteNamed(name: SiteName, sites: readonly TreeSite[]): TreeSite {
  const site = sites.find((one) => one.name === name);
  if (!site) throw new ExampleError(`there is no site ${name}`);
  return site;
}

/** Tells whether a site is another one, or stands below it. */
export function isWithin(site: TreeSite, other: TreeSite): boolean {
  return site === other || (site.father !== undefined && isWithin(site.father, other));
}

async function startSon(
  name: SiteName,
  slice: string,
  father: TreeSite,
  signal: AbortSignal,
  cleanUp: CleanUp,
): Promise<TreeSite> {
  const startMs = performance.now();
  const store = await openStore(`sqlite:${join(temporaryFolder(cleanUp), `${name}.db`)}`);
  cleanUp.push(() => store.close());
  await addClients(store);
  const fatherCable = await Cable.lay(father.site.server.url, cleanUp);
  const keys = { LiveDistFatherServers: fatherCable.url, LiveDistFatherTopicsSlice: slice, LiveDistPort: "0" };
  const site = await startNamed(name, store, keys, cleanUp);
  if (!(await waitUntil(() => site.links[0]?.state === "live", signal, LOAD_MS_MAX)))
    throw new ExampleError(`${name} could not load from ${father.name}`);
  const parsed = parseTopicsSlice(slice);
  const cities = father.cities.filter((city) => parsed.selects(topicsOf(city)));
  const took = duration(performance.now() - startMs);
  say(
    `   ${name.padEnd(15)} below ${father.name.padEnd(8)} takes ${slice.padEnd(14)}${count(cities.length).padStart(7)} cities in ${took}`,
  );
  const edgeCable = await Cable.lay(site.server.url, cleanUp);
  return { name, store, site, cities, edgeCable, father, slice: parsed, fatherCable };
}

const LOAD_MS_MAX = 300_000;

async function startNamed(
  name: SiteName,
  store: Store,
  keys: Readonly<Record<string, string>>,
  cleanUp: CleanUp,
): Promise<Site> {
  const sonNames = sons.filter(({ father }) => father === name).map((son) => son.name);
  // The keys of a web.config. The sons are named without a url: their own connections carry both directions.
  const config = { LiveDistSiteId: name, LiveDistSons: sonNames.join(), ...keys };
  const site = await startSite({ config, schema, topicsOf, store });
  cleanUp.push(() => site.close());
  return site;
}
