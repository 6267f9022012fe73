import type { Faults } from "../support/simulated-network.js";
import { siteOfServer } from "./server-names.js";

/** A site of the tree, as a scenario begins with it. */
export interface SitePlan {
  readonly name: string;
  readonly father: string | undefined;
  /** What it takes from its father; of no use at the root. */
  readonly slice: string;
  /** How it tells its log of changes. */
  readonly form: "UPDATE" | "PARTIAL+FULL";
  readonly transport: Transport;
  /** How far its clock is from the time of the run. */
  readonly skewMs: number;
  /** The roles of its servers, with commas between; absent: one, of which nothing but its restarts is simulated. */
  readonly servers?: string | undefined;
}

/** A proxy of a site, or of another proxy. */
export interface ProxyPlan {
  readonly name: string;
  readonly mother: string;
  /** Its fixed topics, with commas between; `*` receives everything. */
  readonly topics: string;
  /** Minutes for which it receives a topic that nobody needs any more. */
  readonly lifeMinutes: number;
}

/** An edge: a Replica with a copy of its own. */
export interface EdgePlan {
  readonly name: string;
  /** The site, or the proxy, that it begins at. */
  readonly site: string;
  readonly tracking: "registration" | "transition";
  readonly slice: string;
  readonly transport: Transport;
}

export type Transport = "stream" | "longPoll";

/** What can happen in a scenario; `Operation.text` says more of it. */
export const operationKinds = [
  // Of a server (`S3` is the first of the site S3, `S3.1` the next): `E5 t1=A t2= n=1 m=2`, and `E5|E2|E9 n=3 part+=4`, which is done to the first of these that the site holds.
  "create",
  "update",
  // Of a site or an edge: the slice that it wants from now on.
  "slice",
  // Of a server or a proxy: its process ends at once and comes back after so many milliseconds.
  "restart",
  // Of a server: its process ends at its next commit, `before 500` or `after 500` it, and comes back after so many milliseconds.
  "crash",
  // Of a server: its process stands still for so many milliseconds.
  "pause",
  // Of a server: it does not reach its database for so many milliseconds; `8000 alone`: nor the other servers.
  "blind",
  // Of a site: another server of this role runs from now on.
  "join",
  // Of a server: it ends in order, and does not come back; not the last of those that are live and were there at the beginning.
  "leave",
  // Of an edge: it goes on at another server of its site, the site's own or a proxy.
  "move",
  // Of an edge: its program stops and comes back from what it has stored; or with nothing.
  "reboot",
  "forget",
  // Of a site: the part of its log, from 0 to 1, that goes.
  "trim",
  // Of a site: what is logically deleted goes, where nobody below needs it.
  "purge",
  // Of a line, `S3>S1` or an edge: nothing passes until it is healed.
  "cut",
  "heal",
  // Of a son's or a registered edge's line: at the server that it calls.
  "disable",
  "enable",
  // Of a site: its clock is so many milliseconds ahead of the time of the run.
  "skew",
  // Of a site's database: kept as it is, and put back, with a new epoch.
  "backup",
  "restore",
] as const;

export type OperationKind = (typeof operationKinds)[number];

/** One step of a scenario. */
export interface Operation {
  /** Milliseconds since the operation before. */
  readonly waitMs: number;
  /** The name of a site, an edge or a line. */
  readonly who: string;
  readonly kind: OperationKind;
  readonly text: string;
}

/**
 * All that happens to a tree of sites. Whatever is left to chance besides (delays, losses) comes from the seed and from the name
 * of whom it happens to, so that a scenario without some of its operations runs as much like the whole one as can be.
 */
export interface Scenario {
  readonly seed: number;
  /** Whether databases are put back: then what no site holds any more is no update lost. */
  readonly restores: boolean;
  readonly faults: Faults;
  readonly sites: readonly SitePlan[];
  readonly proxies: readonly ProxyPlan[];
  readonly edges: readonly EdgePlan[];
  readonly operations: readonly Operation[];
}

/** Gives the site that a server belongs to, be it one of the site's own or a proxy. */
export function siteOf({ proxies }: Pick<Scenario, "proxies">, server: string): string {
  const proxy = proxies.find(({ name }) => name === server);
  return proxy === undefined ? siteOfServer(server) : siteOf({ proxies }, proxy.mother);
}

/** Gives the name of the line on which a client calls a server. */
export function lineName(client: string, server: string): string {
  return `${client}>${server}`;
}
