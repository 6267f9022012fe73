import { changeSlice } from "./change-slice.js";
import type { CleanUp } from "./clean-up.js";
import { type CityEdge, loadEdge, sayLoaded } from "./edges.js";
import { ExampleError } from "./example-error.js";
import type { StoredCity } from "./load-cities.js";
import { moveCity } from "./move-city.js";
import { makeRegisteredEdge, type RegisteredEdge, SLICE_LATER } from "./registered-edge.js";
import { say } from "./say.js";
import type { SimulatedEdits } from "./simulated-edits.js";
import type { TreeSite } from "./tree.js";

/** What registration is shown with. */
interface Scene {
  /** Where the registered edge asks, and where it is edited. */
  readonly site: TreeSite;
  readonly edges: readonly CityEdge[];
  readonly cities: readonly StoredCity[];
  readonly edits: SimulatedEdits;
}

/** Shows what an edge gains by being registered; gives that edge, which goes on. */
export async function showRegistration(
  { site, edges, cities, edits }: Scene,
  signal: AbortSignal,
  cleanUp: CleanUp,
): Promise<RegisteredEdge> {
  say(
    "4. An edge of europe is registered: the server notes which cities it has, and keeps it current on these; its copy is a file",
  );
  const registered = makeRegisteredEdge(site, cleanUp);
  sayLoaded(registered, await loadEdge(registered));
  const [moving, staying] = citiesOfFrance(cities);
  await moveCity(moving, edgeOf("country-FR", edges), registered, edits, signal);
  say(`5. The registered edge changes its slice to ${SLICE_LATER}, while cities of France are edited at the center`);
  const stayingIds = staying.map(({ techId }) => techId);
  await changeSlice(registered, stayingIds, site.edgeCable.url, edits, signal);
  return registered;
}

/** Gives the second largest city of France, and the others. */
function citiesOfFrance(cities: readonly StoredCity[]): [second: StoredCity, others: readonly StoredCity[]] {
  const french = cities.filter(({ fields }) => fields.country === "FR");
  const [first, second, ...others] = french.sort((a, b) => b.fields.population - a.fields.population);
  if (!first || !second) throw new ExampleError("the database has too few cities of France");
  return [second, [first, ...others]];
}

function edgeOf(slice: string, edges: readonly CityEdge[]): CityEdge {
  const edge = edges.find(({ replica }) => replica.topicsSlice === slice);
  if (!edge) throw new ExampleError(`no edge has the slice ${slice}`);
  return edge;
}
