import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import { serveParent } from "./child.js";
import { loopSchema } from "./event-loop-readings.js";

/* The son of event-loop.ts, in a process of its own: it is registered on all entities, and keeps none. */

let received = 0;

serveParent({ load, received: () => received });

/** Loads and registers on everything, and follows from then on; gives the number of entities. */
async function load(argument: unknown): Promise<number> {
  const { url, clientId } = argument as { url: string; clientId: string };
  const client = new HttpClient({ clientId, servers: [url] });
  const edge = new Edge(client, { schema: loopSchema, tracking: "registration" });
  let count = 0;
  for await (const batch of (await edge.fullLoad("all")).batches()) count += batch.length;
  void follow(edge);
  return count;
}

async function follow(edge: Edge): Promise<void> {
  for await (const { deltas } of edge.deltas()) received += deltas.length;
}
