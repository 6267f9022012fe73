import { Entities, type Store } from "livedist";
import { schema, topicsOf } from "./city.js";
import type { CleanUp } from "./clean-up.js";
import { databaseNames, openDatabase, storeCities } from "./database.js";
import { type CityEdge, loadEdge, makeEdges, sayLoaded, stopEdge } from "./edges.js";
import type { StoredCity } from "./load-cities.js";
import { makeEdits } from "./make-edits.js";
import type { Options } from "./options.js";
import { checkPortIsFree } from "./port.js";
import { showRegistration } from "./registration.js";
import { count, duration, say } from "./say.js";
import { Traffic } from "./traffic.js";
import { siteNamed, startCenter, startSons, type TreeSite } from "./tree.js";
import { TreeEdits } from "./tree-edits.js";
import { verifyEdges } from "./verify-edges.js";
import { verifySites } from "./verify-sites.js";

const HOST = "127.0.0.1";

/** Runs the example; gives whether all is well. `cleanUp` gets what undoes it. */
export async function runExample(options: Options, signal: AbortSignal, cleanUp: CleanUp): Promise<boolean> {
  await checkPortIsFree(HOST, options.port);
  const store = await openDatabase(options, cleanUp);
  say(`1. The cities of GeoNames go into a database of ${databaseNames[store.dialect]}`);
  const cities = await storeCities(new Entities(store, schema, { topicsOf, siteId: "center" }), options, signal);
  const sites = await startTree(store, cities, options, signal, cleanUp);
  const edges = await loadEdges(sites, cleanUp);
  const traffic = new Traffic();
  const edits = new TreeEdits(sites, options.seed, (...edit) => traffic.committed(...edit));
  const europe = siteNamed("europe", sites);
  const scene = { site: europe, edges, cities, edits: edits.at("center") };
  const allEdges = [...edges, await showRegistration(scene, signal, cleanUp)];
  sayWhatIsEdited(options, sites);
  traffic.start(sites, allEdges);
  await makeEdits(edits, allEdges, europe.fatherCable!, options.once ? options.seconds : Infinity, signal);
  const isWell = [await verifySites(sites), await verifyEdges(allEdges)].every(Boolean);
  traffic.tell();
  sayResult(isWell, edits);
  return isWell;
}

async function startTree(
  store: Store,
  cities: readonly StoredCity[],
  { port }: Options,
  signal: AbortSignal,
  cleanUp: CleanUp,
): Promise<TreeSite[]> {
  say("2. The sites of a tree start: the center, and three that take a part of it into databases of their own");
  const startMs = performance.now();
  const center = await startCenter(store, cities, { LiveDistHost: HOST, LiveDistPort: String(port) }, cleanUp);
  say(`   center          serves ${center.site.server.url} after ${duration(performance.now() - startMs)}`);
  return startSons(center, signal, cleanUp);
}

async function loadEdges(sites: readonly TreeSite[], cleanUp: CleanUp): Promise<CityEdge[]> {
  const edges = makeEdges(sites);
  cleanUp.push(async () => {
    await Promise.all(edges.map(stopEdge));
  });
  say(`3. ${edges.length} edges, clients of three of the sites, load what their topics-slices select`);
  for (const edge of edges) {
    const loadMs = await loadEdge(edge);
    sayLoaded(edge, loadMs);
  }
  return edges;
}

function sayWhatIsEdited({ once, seconds, seed }: Options, sites: readonly TreeSite[]): void {
  const isFor = once ? `for ${seconds} s` : "until Ctrl-C";
  say(
    `6. Simulated edits are committed at all ${sites.length} sites ${isFor} (seed ${seed}); sites and edges receive what concerns them`,
  );
  const { url } = siteNamed("center", sites).site.server;
  if (!once) say(`   To look on from another terminal: npx livedist tail ${url} country-FR`);
}

function sayResult(isWell: boolean, { editCount, transactionCount }: TreeEdits): void {
  say(
    isWell
      ? `   All is equal after ${count(editCount)} simulated edits in ${count(transactionCount)} transactions`
      : "   THERE ARE DIFFERENCES",
  );
}
