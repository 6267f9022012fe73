import { startLiveDist, type Store } from "livedist";
import { Edge, HttpClient } from "livedist/edge";
import { reader, schema } from "./orders.js";

/** Starts a server on the application's database, and a client of it; says what the client is given of what the application does. */
export async function serveAndWatch(store: Store, act: () => Promise<void>): Promise<void> {
  const clients = await store.clients.list();
  if (clients.length === 0) await store.clients.add({ clientId: "warehouse", bitNumber: 0 });
  const server = await startLiveDist({ config: { LiveDistPort: 0 }, schema, store, reader });
  const edge = new Edge(new HttpClient({ clientId: "warehouse", servers: [server.url] }), { schema });
  const load = await edge.fullLoad("open+shipped");
  for await (const { topics, fields } of load) console.log("loaded", topics.join(), JSON.stringify(fields));
  await act();
  const { deltas } = await edge.fetchDeltas({ waitMsMax: 30_000 });
  for (const { oper, fields } of deltas) console.log(oper, JSON.stringify(fields));
  await edge.close();
  await server.close();
}
