import { Entities, type LiveDistServer, startLiveDist, type Store } from "livedist";
import { schema, topicsOf } from "./city.js";
import type { CleanUp } from "./clean-up.js";
import { databaseNames, openDatabase, storeCities } from "./database.js";
import { type CityEdge, loadEdge, makeEdges, sayLoaded, stopEdge } from "./edges.js";
import { makeEdits } from "./make-edits.js";
import type { Options } from "./options.js";
import { checkPortIsFree } from "./port.js";
import { showRegistration } from "./registration.js";
import { duration, say } from "./say.js";
import { SimulatedEdits } from "./simulated-edits.js";
import { seededRandom } from "./seeded-random.js";
import { verifyEdges } from "./verify-edges.js";

const HOST = "127.0.0.1";

/** Runs the example; gives whether all is well. `cleanUp` gets what undoes it. */
export async function runExample(options: Options, signal: AbortSignal, cleanUp: CleanUp): Promise<boolean> {
  await checkPortIsFree(HOST, options.port);
  const store = await openDatabase(options, cleanUp);
  say(`1. The cities of GeoNames go into a database of ${databaseNames[store.dialect]}`);
  const entities = new Entities(store, schema, { topicsOf });
  const cities = await storeCities(entities, options, signal);
  const server = await startServers(store, entities, options, cleanUp);
  const edges = await loadEdges(server, cleanUp);
  const edits = new SimulatedEdits(entities, cities, seededRandom(options.seed));
  const registered = await showRegistration({ url: server.url, edges, cities, edits }, signal, cleanUp);
  const allEdges = [...edges, registered];
  sayWhatIsEdited(options, server);
  await makeEdits(edits, allEdges, options.once ? options.seconds : Infinity, signal);
  return verifyEdges(store, allEdges, edits);
}

async function startServers(
  store: Store,
  reader: Entities,
  { port }: Options,
  cleanUp: CleanUp,
): Promise<LiveDistServer> {
  say("2. The delta server and the cache server start");
  const startMs = performance.now();
  // The keys of a web.config.
  const config = { LiveDistHost: HOST, LiveDistPort: String(port) };
  const server = await startLiveDist({ config, schema, store, reader });
  cleanUp.push(() => server.close());
  say(`   ${server.url} serves after ${duration(performance.now() - startMs)}`);
  return server;
}

async function loadEdges({ url }: LiveDistServer, cleanUp: CleanUp): Promise<CityEdge[]> {
  const edges = makeEdges(url);
  cleanUp.push(async () => {
    await Promise.all(edges.map(stopEdge));
  });
  say(`3. ${edges.length} edges load what their topics-slices select`);
  for (const edge of edges) {
    const loadMs = await loadEdge(edge);
    sayLoaded(edge, loadMs);
  }
  return edges;
}

function sayWhatIsEdited({ once, seconds, seed }: Options, { url }: LiveDistServer): void {
  const isFor = once ? `for ${seconds} s` : "until Ctrl-C";
  say(`6. Simulated edits are committed ${isFor} (seed ${seed}); each edge receives what concerns its slice`);
  if (!once) say(`   To look on from another terminal: npx livedist tail ${url} country-FR`);
}
