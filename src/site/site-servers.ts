import type { ClientWatch } from "../delta-server/client-watch.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { ClientActivity } from "./client-activity.js";
import type { Lookout } from "./lookout.js";
import type { RunningLoads } from "./running-loads.js";

/** The servers of one site in this process, without sockets. */
export interface SiteServers {
  /** Answers requests, whatever carries them. */
  readonly service: LiveDistService;
  readonly delta: DeltaServer;
  readonly clients: ClientWatch;
  readonly activity: ClientActivity;
  readonly loads: RunningLoads;
  readonly lookout: Lookout;
  /** Tells how many clients are here. */
  readonly clientsHere: () => number;
}
