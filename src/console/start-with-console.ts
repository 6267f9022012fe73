import type { Site } from "../site/site.js";
import {
  startLiveDist as startServers,
  type LiveDistServer,
  type StartLiveDistOptions,
} from "../site/start-live-dist.js";
import { startSite as startTreeSite, type StartSiteOptions } from "../site/start-site.js";
import { webConsole } from "./web-console.js";

/** Does what the startLiveDist of `site/` does (guide §7.1), and serves the web console beside the servers, at `/LiveDist1/`. */
export function startLiveDist(options: StartLiveDistOptions): Promise<LiveDistServer> {
  return startServers({ webConsole, ...options });
}

/** Does what the startSite of `site/` does (guide §2.6), and serves the web console beside the servers, at `/LiveDist1/`. */
export function startSite(options: StartSiteOptions): Promise<Site> {
  return startTreeSite({ webConsole, ...options });
}
