import type { ClientWatch } from "../delta-server/client-watch.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { ServerRole } from "../wire/requests.js";

/** Gives what GET tells of a site's delta server or cache server: plain data that everyone who reaches the server may see. */
export function siteStatus(
  role: ServerRole,
  { cache, epoch, sequence, window, groups, registered, schemas }: DeltaServer,
  clients: ClientWatch,
  upSeconds: number,
): Readonly<Record<string, unknown>> {
  const common = { server: role, state: "up", epoch, sequence, schemaName: schemas.own.name, upSeconds };
  if (role === "cache")
    return {
      ...common,
      entities: cache.count,
      headerOnlyEntities: cache.headerOnlyCount,
      entityBytes: cache.bytes.live,
      heldBytes: cache.bytes.held,
    };
  return {
    ...common,
    runningRequests: clients.runningCount,
    subscriptionGroups: groups.count,
    registeredClients: registered.count,
    registeredEntities: registered.table.count,
    registrationBytes: registered.table.heldBytes,
    windowFrom: window.startSequence,
    windowBytes: window.bytes,
  };
}
