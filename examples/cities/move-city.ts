import type { ReplicaChange } from "livedist";
import { describeChange } from "./arrivals.js";
import type { CityEdge } from "./edges.js";
import { ExampleError } from "./example-error.js";
import type { StoredCity } from "./load-cities.js";
import type { RegisteredEdge } from "./registered-edge.js";
import { say } from "./say.js";
import type { SimulatedEdits } from "./simulated-edits.js";
import { waitUntil } from "./wait-until.js";

/** That it leaves, to the one edge; that it moves and that it grows, to the registered one. */
const TOLD_COUNT = 3;

/**
 * Moves a city out of the slices of two edges, then changes it once more. The edge that is not registered is told that the city
 * leaves, and no more of it. The registered one keeps the city, and is told of both.
 */
export async function moveCity(
  { techId, fields }: StoredCity,
  unregistered: CityEdge,
  registered: RegisteredEdge,
  edits: SimulatedEdits,
  signal: AbortSignal,
): Promise<void> {
  const edges = [unregistered, registered];
  const told: { readonly edge: CityEdge; readonly change: ReplicaChange }[] = [];
  const stopListening = edges.map((edge) =>
    edge.replica.on("change", (change) => {
      if (change.techId === techId) told.push({ edge, change });
    }),
  );
  registered.movedOut.add(techId);
  await edits.change([techId], () => ({ country: "MC" }));
  await edits.change([techId], ({ population }) => ({ population: population + 1_000 }));
  if (!(await waitUntil(() => told.length >= TOLD_COUNT, signal)))
    throw new ExampleError(`the edges were not told that ${fields.name} moved`);
  for (const stop of stopListening) stop();
  say(`   ${fields.name} is moved to Monaco, which neither slice selects, and then grows:`);
  for (const edge of edges)
    for (const { change } of told.filter((one) => one.edge === edge))
      say(`   ${edge.name.padEnd(27)}is told: ${describeChange(change)}`);
}
