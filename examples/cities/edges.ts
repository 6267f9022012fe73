import { Edge, HttpClient, MapCopy, Replica, type SqliteCopy } from "livedist";
import { schema } from "./city.js";
import { count, duration, say } from "./say.js";

/** What the edges of the example want. */
const wanted: readonly { readonly name: string; readonly slice: string }[] = [
  { name: "large cities of Europe", slice: "continent-EU*size-large" },
  { name: "everything in France", slice: "country-FR" },
  { name: "capitals of two continents", slice: "(continent-AF+continent-SA)*place-PPLC" },
  { name: "huge cities outside Asia", slice: "size-huge*!continent-AS" },
];

/** A client that keeps an exact copy of what its slice selects. */
export interface CityEdge {
  readonly name: string;
  readonly edge: Edge;
  readonly replica: Replica<MapCopy | SqliteCopy>;
  /** If it is registered: cities that its slice selected once, which it goes on holding. */
  readonly movedOut?: ReadonlySet<string>;
}

/** The ClientIds of the edges: each needs a row in LiveDistClients. */
export const clientIds = wanted.map((_, index) => `edge-${index + 1}`);

/** Makes the edges, which reach the servers over HTTP and WebSockets as if they were elsewhere. */
export function makeEdges(url: string): CityEdge[] {
  return wanted.map(({ name, slice }, index) => {
    const edge = new Edge(new HttpClient({ clientId: clientIds[index]!, servers: [url] }), { schema });
    return { name, edge, replica: new Replica(edge, { slice, copy: new MapCopy() }) };
  });
}

/** Loads what an edge wants; gives the milliseconds that it took. Rejects where it was stopped meanwhile. */
export async function loadEdge({ replica }: CityEdge): Promise<number> {
  const startMs = performance.now();
  await replica.start();
  return performance.now() - startMs;
}

export function sayLoaded({ name, replica }: CityEdge, loadMs: number): void {
  const cities = count(replica.copy.size).padStart(7);
  say(`   ${name.padEnd(27)}${replica.topicsSlice.padEnd(42)}${cities} cities in ${duration(loadMs)}`);
}

/** Stops an edge; its copy stays as it is. */
export async function stopEdge({ edge, replica }: CityEdge): Promise<void> {
  await replica.stop();
  await edge.close();
}
