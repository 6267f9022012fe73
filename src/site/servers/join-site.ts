import { systemClock } from "../../base/clock.js";
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
  { schema, clock = systemClock }: StartOptions,
): Promise<Membership> {
  const { applicationSuffix, siteId, serverRole, url: ownUrl } = config;
  const agreed = { instance: applicationSuffix, schema: schema.name, ...(siteId !== undefined && { site: siteId }) };
  await store.schemas.put(schema.name, schema.text);
  await checkAgreed(store, agreed);
  const ask = askByStatus(applicationSuffix);
  const parts = { servers: store.servers, duty: serverRole, agreed: JSON.stringify(agreed), ask, clock, logger };
  const member = new SiteMember(parts);
  return {
    member,
    enter: async (url, { delta, clientsHere }) => {
      cleanUp.push(() => member.stop());
      await member.start({ url: ownUrl ?? url, clients: clientsHere, sequence: () => delta.sequence });
    },
  };
}
