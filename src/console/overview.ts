import { codeOf } from "../base/errors.js";
import type { Link } from "../site/links/link.js";
import type { SiteServer } from "../site/servers/site-server.js";
import { clientViews } from "./client-views.js";
import type { ConsoleContext } from "./console-context.js";
import { findProblems, type Problem } from "./problems.js";

/** A link of the site as the console shows it. */
export interface LinkView extends Pick<Link, "peer" | "role" | "state" | "sequence"> {
  /** The code of what it waits after, or failed of. */
  readonly failure?: string;
}

/** What the console shows on every screen, and on the first. */
export interface Overview {
  readonly name: string;
  readonly kind: "site" | "proxy";
  /** The server's time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Absent while a proxy has not loaded. */
  readonly epoch?: string;
  readonly sequence?: number;
  readonly windowFrom?: number;
  readonly windowBytes?: number;
  readonly entities?: number;
  readonly entityBytes?: number;
  readonly schemaName?: string;
  readonly deltasPerSecond: number;
  readonly bytesPerSecond: number;
  readonly isConnectedToCenter: boolean;
  readonly clients: number;
  readonly disabledClients: number;
  readonly edges: number;
  readonly loads: number;
  readonly links: readonly LinkView[];
  /** The servers of the site, this one among them, by URL; none of a proxy. */
  readonly servers: readonly SiteServer[];
  readonly problems: readonly Problem[];
}

/** Gives how the site fares, and what is wrong with it. */
export function overview(context: ConsoleContext): Overview {
  const { site, history, name } = context;
  const links = site.links().map(linkView);
  const { clients } = clientViews(context);
  const isConnectedToCenter = site.isConnectedToCenter();
  const isProxy = site.store === undefined;
  const { servers = [], silentMsMax = Infinity } = site.member ?? {};
  return {
    name,
    kind: isProxy ? "proxy" : "site",
    nowMs: site.clock.now(),
    ...held(context),
    ...history.rates,
    isConnectedToCenter,
    clients: clients.length,
    disabledClients: clients.filter(({ isDisabled }) => isDisabled).length,
    edges: site.activity.feeds.size,
    loads: site.loads.all.length,
    links,
    servers,
    problems: findProblems({
      ...{ clients, links, servers, silentMsMax, isConnectedToCenter, isProxy },
      nowMs: site.clock.now(),
    }),
  };
}

function held({ site }: ConsoleContext): Partial<Overview> {
  const delta = site.delta();
  if (delta === undefined) return {};
  const { epoch, sequence, window, cache, schemas } = delta;
  return {
    epoch,
    sequence,
    windowFrom: window.startSequence,
    windowBytes: window.bytes,
    entities: cache.count,
    entityBytes: cache.bytes.live,
    schemaName: schemas.own.name,
  };
}

function linkView({ peer, role, state, sequence, failure }: Link): LinkView {
  return { peer, role, state, sequence, ...(failure !== undefined && { failure: codeOf(failure) ?? "Internal" }) };
}
