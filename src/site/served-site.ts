import { systemClock, type Clock } from "../base/clock.js";
import { silentLogger, type Logger } from "../base/logger.js";
import type { ClientWatch } from "../delta-server/client-watch.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { Store } from "../store/store.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { ClientActivity } from "./client-activity.js";
import type { Link } from "./links/link.js";
import type { Lookout } from "./lookout.js";
import type { RunningLoads } from "./running-loads.js";
import type { SiteMember } from "./servers/site-member.js";
import type { SiteServers } from "./site-servers.js";
import type { Config } from "./web-config.js";

/** A site next to this one, as it is asked over the link: with the link's own token, and over its connections. */
export interface SiteNeighbour {
  /** A son's LiveDistSiteId; the father's, and a mother's, is not known here. */
  readonly id?: string;
  readonly client: IHttpClient;
}

/** A site, or a proxy, as its administrator's pages look at it. */
export interface ServedSite {
  readonly config: Config;
  /** Undefined while a proxy has not loaded yet. */
  readonly delta: () => DeltaServer | undefined;
  readonly clients: ClientWatch;
  readonly activity: ClientActivity;
  readonly loads: RunningLoads;
  /** The site's database; a proxy has none. */
  readonly store: Store | undefined;
  /** To father and sons; none of a proxy, and of a site that stands alone. */
  readonly links: () => readonly Link[];
  readonly isConnectedToCenter: () => boolean;
  /** The server among those of its site; a proxy stands alone. */
  readonly member: Pick<SiteMember, "servers" | "silentMsMax"> | undefined;
  /** Makes what asks the sites next to this one what they know of the tree. */
  readonly neighbours: () => readonly SiteNeighbour[];
  /** Through which they ask this one. */
  readonly lookout: Lookout;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What answers requests, and what its administrator's pages look at. */
export interface StartedService {
  readonly service: LiveDistService;
  readonly site: ServedSite;
  /** Enters the server among those of its site, once it is reached by a URL. Absent of a proxy. */
  readonly enter?: (url: string) => Promise<void>;
}

export interface ServedSiteParts extends Pick<ServedSite, "config" | "links" | "neighbours" | "member"> {
  readonly store: Store;
  readonly options: { readonly clock?: Clock; readonly logger?: Logger };
}

/** Makes what the pages of a site with a database look at. */
export function servedSite(servers: Omit<SiteServers, "service" | "clientsHere">, parts: ServedSiteParts): ServedSite {
  const { delta, clients, activity, loads, lookout } = servers;
  const { config, links, neighbours, member, store } = parts;
  const { clock = systemClock, logger = silentLogger } = parts.options;
  const isConnectedToCenter = (): boolean => true;
  return {
    ...{ config, delta: () => delta, clients, activity, loads, lookout, store, links, neighbours, member },
    ...{ isConnectedToCenter, clock, logger },
  };
}
