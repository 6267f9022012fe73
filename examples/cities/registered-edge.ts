import { Edge, HttpClient, parseTopicsSlice, Replica, SqliteCopy } from "livedist";
import { join } from "node:path";
import { schema } from "./city.js";
import type { CleanUp } from "./clean-up.js";
import { CountingClient } from "./counting-client.js";
import { type CityEdge, stopEdge } from "./edges.js";
import { temporaryFolder } from "./temporary-folder.js";
import type { TreeSite } from "./tree.js";

/** Its row in LiveDistClients gives it the bit by which the server notes what it has. */
export const REGISTERED_CLIENT_ID = "registered-edge";

export const SLICE_AT_FIRST = "country-FR+country-GB";
export const SLICE_LATER = "country-FR+country-PT";

/**
 * A client of which the server notes which cities it has: it is kept current on them also once its slice does not select them
 * any more, and when its slice changes it loads only what it lacks.
 */
export interface RegisteredEdge extends CityEdge {
  readonly client: CountingClient;
  readonly movedOut: Set<string>;
}

/** Makes it, with a copy in a file of its own. */
export function makeRegisteredEdge(site: TreeSite, cleanUp: CleanUp): RegisteredEdge {
  const client = new CountingClient(new HttpClient({ clientId: REGISTERED_CLIENT_ID, servers: [site.edgeCable.url] }));
  const edge = new Edge(client, { schema, tracking: "registration" });
  const copy = new SqliteCopy(join(temporaryFolder(cleanUp), "copy.db"), schema);
  cleanUp.push(() => copy.close());
  const replica = new Replica(edge, { slice: SLICE_AT_FIRST, copy });
  const later = parseTopicsSlice(SLICE_LATER);
  const registered = {
    ...{ name: "the registered edge", client, edge, replica, site, movedOut: new Set<string>() },
    selects: (topics: readonly string[]) => later.selects(topics),
  };
  cleanUp.push(() => stopEdge(registered));
  return registered;
}
