import { LiveDistError } from "../base/errors.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import { ParsedSlices } from "../site/parsed-slices.js";
import type { ServedSite } from "../site/served-site.js";
import { parseSubscription } from "../topics/everything.js";
import { History } from "./history.js";
import { Neighbours } from "./neighbours.js";

/** What every answer of the console's API is made from. */
export class ConsoleContext {
  readonly site: ServedSite;
  readonly history: History;
  readonly neighbours: Neighbours;
  /** Of clients: each is shown every second. */
  readonly slices = new ParsedSlices(parseSubscription);

  constructor(site: ServedSite) {
    this.site = site;
    this.history = new History(site);
    this.neighbours = new Neighbours(site.neighbours());
    this.history.start();
  }

  /** Throws Closed of a proxy that has not loaded from its mother yet. */
  get delta(): DeltaServer {
    const delta = this.site.delta();
    if (delta) return delta;
    throw new LiveDistError("Closed", "the proxy has not loaded from its mother yet: look again when it is connected");
  }

  /** How this site is called by those above it in the tree, or among the proxies. */
  get name(): string {
    const { siteId, clientId, siteName } = this.site.config;
    return siteId ?? clientId ?? siteName;
  }

  async close(): Promise<void> {
    this.history.stop();
    await this.neighbours.close();
  }
}
