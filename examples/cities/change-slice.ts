import type { ReplicaChange } from "livedist";
import { setTimeout as sleep } from "node:timers/promises";
import { ExampleError } from "./example-error.js";
import { type Loaded, measureFullLoad } from "./full-load.js";
import { type RegisteredEdge, SLICE_LATER } from "./registered-edge.js";
import { count, say, size } from "./say.js";
import type { SimulatedEdits } from "./simulated-edits.js";
import { waitUntil } from "./wait-until.js";

/** Milliseconds between two edits. */
const EDIT_MS = 10;

/** What a registered edge is told while its slice changes. */
class SliceChange {
  /** Cities that the load brought. */
  cameCount = 0;
  /** Cities that only the slice before selected. */
  droppedCount = 0;
  /** Cities of which an edit arrived. */
  readonly edited = new Set<string>();

  add({ techId, delta }: ReplicaChange): void {
    if (delta === undefined) this.droppedCount++;
    else if (delta.sequence === undefined) this.cameCount++;
    else this.edited.add(techId);
  }
}

/** Changes the slice of the registered edge while cities that it keeps are edited, and says what that took. */
export async function changeSlice(
  registered: RegisteredEdge,
  kept: readonly string[],
  url: string,
  edits: SimulatedEdits,
  signal: AbortSignal,
): Promise<void> {
  const told = new SliceChange();
  const { replica, client } = registered;
  const sizeBefore = replica.copy.size;
  const stopListening = replica.on("change", (change) => told.add(change));
  let isChanging = true;
  const [edited] = await Promise.all([
    editWhile(() => isChanging, kept, edits, signal),
    goOver(registered, signal).finally(() => (isChanging = false)),
  ]);
  if (!(await waitUntil(() => [...edited].every((techId) => told.edited.has(techId)), signal)))
    throw new ExampleError("not every edit reached the registered edge while its slice changed");
  stopListening();
  sayLoad("came with a partial load", { cities: told.cameCount, bytes: client.answerBytes("PartialLoad") });
  sayLoad("a full load would take", await measureFullLoad(url, SLICE_LATER));
  sayCities("stayed", sizeBefore - told.droppedCount, "not loaded again");
  const unregistered = count(client.unregisteredCount);
  sayCities("left", told.droppedCount, `dropped, and ${unregistered} unregistered: the server sends no more of them`);
  sayCities("were edited meanwhile", edited.size, "and all these edits have arrived");
}

/** Resolves once the new slice is loaded, what it does not select is dropped, and the server knows that. */
async function goOver({ replica }: RegisteredEdge, signal: AbortSignal): Promise<void> {
  await replica.changeSlice(SLICE_LATER);
  if (!(await waitUntil(() => replica.state === "live", signal)))
    throw new ExampleError("the registered edge did not go on after its slice changed");
}

/** Edits one city after another; gives which ones. */
async function editWhile(
  goesOn: () => boolean,
  techIds: readonly string[],
  edits: SimulatedEdits,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const edited = new Set<string>();
  for (let index = 0; goesOn(); index++) {
    const techId = techIds[index % techIds.length]!;
    await edits.change([techId], ({ population }) => ({ population: population + 1 }));
    edited.add(techId);
    await sleep(EDIT_MS, undefined, { signal });
  }
  return edited;
}

function sayLoad(what: string, { cities, bytes }: Loaded): void {
  sayCities(what, cities, size(bytes));
}

function sayCities(what: string, cities: number, more: string): void {
  say(`   ${what.padEnd(27)}${count(cities).padStart(7)} cities, ${more}`);
}
