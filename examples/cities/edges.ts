import { Edge, HttpClient, MapCopy, parseTopicsSlice, Replica, type SqliteCopy } from "livedist";
import { schema } from "./city.js";
import { count, duration, say } from "./say.js";
import { type SiteName, siteNamed, type TreeSite } from "./tree.js";

/** What the edges of the example want, and at which site they ask for it. */
const wanted: readonly { readonly name: string; readonly slice: string; readonly at: SiteName }[] = [
  { name: "large cities of Europe", slice: "continent-EU*size-large", at: "europe" },
  { name: "everything in France", slice: "country-FR", at: "france" },
  { name: "capitals of two continents", slice: "(continent-AF+continent-SA)*place-PPLC", at: "center" },
  { name: "huge cities outside Asia", slice: "size-huge*!continent-AS", at: "center" },
];

/** A client that keeps an exact copy of what its slice selects. */
export interface CityEdge {
  readonly name: string;
  readonly edge: Edge;
  readonly replica: Replica<MapCopy | SqliteCopy>;
  /** The site that it is a client of. */
  readonly site: TreeSite;
  /** Tells whether its slice selects a city with these topics. */
  readonly selects: (topics: readonly string[]) => boolean;
  /** If it is registered: cities that its slice selected once, which it goes on holding. */
  readonly movedOut?: ReadonlySet<string>;
}

/** The ClientIds of the edges: each needs a row in LiveDistClients. */
export const clientIds = wanted.map((_, index) => `edge-${index + 1}`);

/** Makes the edges, which reach the servers over HTTP and WebSockets as if they were elsewhere. */
export function makeEdges(sites: readonly TreeSite[]): CityEdge[] {
  return wanted.map(({ name, slice, at }, index) => {
    const site = siteNamed(at, sites);
    const edge = new Edge(new HttpClient({ clientId: clientIds[index]!, servers: [site.edgeCable.url] }), { schema });
    const parsed = parseTopicsSlice(slice);
    const selects = (topics: readonly string[]) => parsed.selects(topics);
    return { name, edge, site, selects, replica: new Replica(edge, { slice, copy: new MapCopy() }) };
  });
}

/** Loads what an edge wants; gives the milliseconds that it took. Rejects where it was stopped meanwhile. */
export async function loadEdge({ replica }: CityEdge): Promise<number> {
  const startMs = performance.now();
  await replica.start();
  return performance.now() - startMs;
}

export function sayLoaded({ name, replica, site }: CityEdge, loadMs: number): void {
  const cities = count(replica.copy.size).padStart(7);
  say(
    `   ${name.padEnd(27)}at ${site.name.padEnd(8)}${replica.topicsSlice.padEnd(42)}${cities} cities in ${duration(loadMs)}`,
  );
}

/** Stops an edge; its copy stays as it is. */
export async function stopEdge({ edge, replica }: CityEdge): Promise<void> {
  await replica.stop();
  await edge.close();
}
