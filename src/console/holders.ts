import { clientViews } from "./client-views.js";
import type { ConsoleContext } from "./console-context.js";
import type { StandingView } from "./decision-view.js";
import { entityNamed, type EntityView, techIdBytes } from "./entity-view.js";
import { type ApiRequest, neededText } from "./read-query.js";

/** How a client stands to an entity. */
export interface HolderView extends Partial<StandingView> {
  readonly clientId: string;
  readonly topicsSlice?: string;
  /** Whether its slice selects the entity's topics as they are now. */
  readonly selects: boolean;
}

/** Tells of every client with a known slice how it stands to the entity of the query's tech-id. Throws Request. */
export function holders(context: ConsoleContext, request: ApiRequest): { entity?: EntityView; clients: HolderView[] } {
  const techId = techIdBytes(neededText(request, "techId"));
  const { cache, registered } = context.delta;
  const entity = entityNamed(cache, techId);
  const slot = registered.table.find(techId, 0);
  const clients = clientViews(context).clients.map(({ clientId, topicsSlice }): HolderView => {
    const bit = registered.get(clientId)?.bit;
    const selects =
      topicsSlice !== undefined && entity !== undefined && context.slices.parse(topicsSlice).selects(entity.topics);
    return {
      clientId,
      selects,
      ...(topicsSlice !== undefined && { topicsSlice }),
      ...(bit !== undefined && {
        registered: registered.table.isRegistered(slot, bit),
        synchronized: registered.table.isSynchronized(slot, bit),
      }),
    };
  });
  return { ...(entity && { entity }), clients };
}
