import { systemClock } from "../../base/clock.js";
import { SERVER_BEAT_MS, SERVER_SILENT_BEATS_MAX } from "../../base/limits.js";
import type { ServerKind } from "../../store/server-row.js";
import type { Store } from "../../store/store.js";
import type { SiteServers } from "../site-servers.js";
import type { Starting, StartOptions } from "../start-configured.js";
import { checkAgreed } from "./agreed-config.js";
import { askByStatus } from "./ask-server.js";
import { SiteMember } from "./site-member.js";

/** A server's place among those of its site. */
export interface Membership {
  readonly member: SiteMember;
  /** Enters the server, once it is reached by a URL. Rejects with Store. */
  readonly enter: (url: string, servers: Pick<SiteServers, "delta" | "clientsHere">) => Promise<void>;
}

/** Looks whether a server may run beside those that do. Rejects with Config where its configuration contradicts theirs. */
export async function joinSite(
  store: Store,
  { config, logger, cleanUp }: Starting,
  { schema, clock = systemClock, beatMs = SERVER_BEAT_MS, askServer }: StartOptions,
): Promise<Membership> {
  const { applicationSuffix, siteId, serverRole: duty, url: ownUrl } = config;
  // A server that has no links must not lead a site of a tree.
  const agreed = { instance: applicationSuffix, schema: schema.name, site: siteId ?? "" };
  await store.schemas.put(schema.name, schema.text);
  await checkAgreed(store, agreed, SERVER_SILENT_BEATS_MAX * beatMs);
  const ask = askServer ?? askByStatus(applicationSuffix);
  const own = { duty, kind: kindOf(config), agreed: JSON.stringify(agreed) };
  const member = new SiteMember({ servers: store.servers, ...own, ask, clock, logger, beatMs });
  return {
    member,
    enter: async (url, { delta, clientsHere }) => {
      cleanUp.push(() => member.stop());
      await member.start({ url: ownUrl ?? url, clients: clientsHere, sequence: () => delta.sequence });
    },
  };
}

function kindOf({ startDeltaServer, startCacheServer }: Starting["config"]): ServerKind {
  if (startDeltaServer && startCacheServer) return "both";
  return startDeltaServer ? "delta" : "cache";
}
