import { PermissionError } from "../base/errors.js";
import { CONSOLE_DEPTH_MAX } from "../base/limits.js";
import { FATHER_CLIENT_ID } from "../site/links/father-client-id.js";
import type { ServedSite } from "../site/served-site.js";
import { FATHER_TOPIC } from "../topics/routing-topics.js";
import { topicsHeld } from "../topics/topics-held.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { LookRequest } from "../wire/requests.js";
import type { ConsoleContext } from "./console-context.js";
import { type EntityPath, entityPath, type EntityPlace } from "./entity-path.js";
import { type Asking, tree } from "./tree.js";

/**
 * Tells a site or proxy next to this one of the tree, or of one entity along the links (protocol: a look at the tree). Rejects with
 * Permission where who asks is no neighbour, whatever the permit says; with Request where the tech-id is none.
 */
export async function look(
  context: ConsoleContext,
  { clientId, techId, depth }: LookRequest,
  within: string | undefined,
): Promise<object> {
  const asking = { asker: askerOf(context.site, clientId), depth: Math.min(depth, CONSOLE_DEPTH_MAX) };
  if (techId === undefined) return tree(context, asking);
  const path = await entityPath(context, techId, asking);
  return within === undefined ? path : toldWithin(context.slices.parse(within), path);
}

function askerOf({ config, activity }: ServedSite, clientId: string): Asking["asker"] {
  const { fatherServers, sons } = config;
  if (clientId === FATHER_CLIENT_ID && fatherServers.length > 0) return "above";
  // A proxy is known by what only proxies ask for, and may.
  if (sons.some(({ id }) => id === clientId) || activity.isProxy(clientId)) return clientId;
  throw new PermissionError(`${clientId} is no site or proxy next to this one`);
}

/** Leaves out what who asks may not see, as if it were not held: also what other sites have told this one, which may see more. */
function toldWithin(slice: TopicsSlice, { places, silent }: EntityPath): EntityPath {
  return { places: places.map((place) => (isWithin(slice, place) ? place : withoutEntity(place))), silent };
}

/** In loads the father topic selects every entity, and here. */
function isWithin(slice: TopicsSlice, { entity }: EntityPlace): boolean {
  const topics: unknown = entity?.topics;
  return Array.isArray(topics) && slice.selectsHeld(topicsHeld([...(topics as string[]), FATHER_TOPIC]));
}

function withoutEntity({ site, sequence }: EntityPlace): EntityPlace {
  return { site, sequence };
}
