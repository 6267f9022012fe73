import { sleep } from "../../src/base/clock.js";
import { FATHER_CLIENT_ID } from "../../src/site/links/father-client-id.js";
import type { Link } from "../../src/site/links/link.js";
import type { SimulatedSite } from "./simulated-site.js";
import type { SimulatedTree } from "./simulated-tree.js";
import type { Simulation } from "./simulation.js";

/** What a tree may take to come to rest, in its time. */
const SETTLE_MS_MAX = 1_800_000;
/** For how long nothing happens where a tree is at rest: more than anything waits before it tries again. */
const REST_MS = 65_000;
const STEP_MS = 5_000;

/** Waits until nothing happens any more, and all have everything; sites that are down or disabled are brought back. Fails I6. */
export async function comeToRest(tree: SimulatedTree, { clock, bad }: Simulation): Promise<boolean> {
  const sites = [...tree.sites.values()];
  const endMs = clock.now() + SETTLE_MS_MAX;
  let before = "";
  let sinceMs = clock.now();
  while (clock.now() - sinceMs < REST_MS) {
    for (const site of sites) {
      site.bringUp();
      // Not waited for: the server that is asked may be leaving, and answers then never.
      enableAll(site).catch((error: unknown) => bad("EXC", `clients cannot be enabled: ${String(error)}`));
    }
    for (const proxy of tree.proxies.values()) proxy.bringUp();
    await sleep(clock, STEP_MS);
    const now = JSON.stringify(sites.map(({ epoch, lastSequence }) => [epoch, lastSequence]));
    if (now !== before || !isAtEnd(tree)) sinceMs = clock.now();
    before = now;
    if (clock.now() < endMs) continue;
    bad("I6", `does not come to rest: ${describe(tree)}`);
    return false;
  }
  return true;
}

async function enableAll({ store }: SimulatedSite): Promise<void> {
  if (store === undefined) return;
  const { clients } = store;
  for (const { clientId, isDisabled } of await clients.list()) if (isDisabled) await clients.enable(clientId);
}

/** Tells whether all links and edges are at the end of the logs that they follow, and have nothing to do. */
function isAtEnd(tree: SimulatedTree): boolean {
  const { sites, edges } = tree;
  const isSiteAtEnd = (simulated: SimulatedSite): boolean => {
    const { links, plan } = simulated;
    const isLinkAtEnd = ({ peer, role, state, sequence }: Link): boolean =>
      state === "live" && sequence === sites.get(role === "father" ? plan.father! : peer)!.lastSequence;
    if (!links?.every(isLinkAtEnd)) return false;
    const { wantedSlice, topicsSlice, minus, toUnregister } = simulated.notes(FATHER_CLIENT_ID);
    return (wantedSlice ?? topicsSlice) === topicsSlice && minus === undefined && toUnregister === undefined;
  };
  return (
    [...sites.values()].every(isSiteAtEnd) &&
    [...edges.values()].every((edge) => {
      const { epoch, lastSequence } = tree.siteOf(edge);
      return edge.isAt(epoch, lastSequence);
    })
  );
}

function describe({ sites, edges }: SimulatedTree): string {
  const lines = [...sites.values()].map(({ plan, leading, lastSequence, database }) => {
    const links = leading?.links.map(({ peer, role, state, sequence }) => `${role} ${peer} ${state} ${sequence}`);
    const notes = database.all("SELECT State FROM LiveDistLinks").map((row) => String(row["State"]));
    return `${plan.name} ${lastSequence}: ${String(links)} ${notes.join()}`;
  });
  return ["", ...lines, ...[...edges.values()].map((edge) => edge.describe())].join("\n    ");
}
