import type { ClientWatch } from "../delta-server/client-watch.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { LiveDistService } from "../wire/live-dist-service.js";

/** The servers of one site in this process, without sockets. */
export interface SiteServers {
  /** Answers requests, whatever carries them. */
  readonly service: LiveDistService;
  readonly delta: DeltaServer;
  readonly clients: ClientWatch;
}
