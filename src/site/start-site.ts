import { systemClock } from "../base/clock.js";
import { codeOf, LiveDistError } from "../base/errors.js";
import { systemRandom } from "../base/random.js";
import { HttpClient } from "../edge/http-client.js";
import { Entities, type EntitiesOptions } from "../entities/entities.js";
import type { IHttpClient } from "../plugs/http-client.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import { clientLimitsOf } from "./client-limits.js";
import { insertMissingClients } from "./client-rows.js";
import { FATHER_CLIENT_ID } from "./links/father-client-id.js";
import type { Link } from "./links/link.js";
import { SiteLinks, type Neighbour, type SiteLinksParts } from "./links/site-links.js";
import { SitePeers } from "./links/site-peers.js";
import { ReverseConnections } from "./reverse/reverse-connections.js";
import { servedSite, type SiteNeighbour } from "./served-site.js";
import { storeOfMaster } from "./servers/store-of-master.js";
import { joinSite } from "./servers/join-site.js";
import { LedLinks } from "./servers/led-links.js";
import type { Site } from "./site.js";
import { listen, startConfigured, type Starting, type StartOptions } from "./start-configured.js";
import { startService } from "./start-live-dist.js";
import type { Config } from "./web-config.js";

export interface StartSiteOptions
  extends StartOptions, Pick<EntitiesOptions, "topicsOf" | "newTechId" | "updateForm" | "mergePolicy" | "tables"> {
  /** Makes the client of a neighbour's servers (guide §5.1); `servers` is empty where the neighbour cannot be reached by a URL. Default: `HttpClient`, and without URLs the connections that the neighbour parks here. */
  readonly httpClient?: (options: { readonly clientId: string; readonly servers: readonly string[] }) => IHttpClient;
  /** Gives up the start of a restored site, which waits for its neighbours: it rejects with Closed. */
  readonly signal?: AbortSignal;
}

interface Running {
  readonly entities: Entities;
  readonly links: LedLinks;
  readonly url: string;
}

/**
 * Starts a site of a tree (guide §2.6): entities, servers, and the links to the father and the sons that its configuration
 * names (LiveDistSiteId, LiveDistFatherServers, LiveDistFatherTopicsSlice, LiveDistSons). Rows of LiveDistClients that these
 * neighbours need are inserted. Resolves when the servers serve; a site whose database was restored (its log has a new epoch)
 * first loads from its neighbours what it lost. Rejects as `startLiveDist` does; nothing stays open then.
 */
export async function startSite(options: StartSiteOptions): Promise<Site> {
  const { config, result, close } = await startConfigured(options, (starting) => start(options, starting));
  const { entities, links, url } = result;
  return {
    entities,
    server: { url },
    config,
    get links() {
      return links.all;
    },
    changeSlice: async (slice) => links.here.changeSlice(textOf(slice)),
    purge: async () => links.here.purge(),
    close,
  };
}

async function start(options: StartSiteOptions, starting: Starting): Promise<Running> {
  const { config, permit, reporter, logger, cleanUp } = starting;
  const store = await starting.openStore();
  const { clock = systemClock, random = systemRandom, signal = new AbortController().signal } = options;
  const siteId = siteIdOf(config);
  const { schema, topicsOf } = options;
  const entities = new Entities(store, schema, { ...options, topicsOf, siteId });
  const hasFather = config.fatherServers.length > 0;
  await insertMissingClients(store, [...config.sons.map(({ id }) => id), ...(hasFather ? [FATHER_CLIENT_ID] : [])]);
  const peers = new SitePeers();
  const status = (): Readonly<Record<string, unknown>> => ({ siteId, links: links.all.map(linkStatus) });
  const { member, enter } = await joinSite(store, starting, options);
  const servers = await startService(
    store,
    config,
    { ...options, permit, reader: entities, reporter, logger, limits: clientLimitsOf(config), peers, status, member },
    cleanUp,
  );
  const { applicationSuffix } = config;
  const reverse = new ReverseConnections({ servers, applicationSuffix, permit, clock, random, logger });
  const clientOf = ({ clientId, servers, peer }: Neighbour): IHttpClient => {
    if (options.httpClient) return options.httpClient({ clientId, servers });
    if (servers.length === 0) return reverse.clientOf({ clientId, peer, ...tokenOf(config, peer) });
    return new HttpClient({ clientId, servers, applicationSuffix, clock, ...tokenOf(config, peer) });
  };
  const linksParts: Omit<SiteLinksParts, "store"> = {
    ...{ entities, clock, random, logger, schema, siteId, servers, peers },
    ...{ fatherServers: config.fatherServers, fatherTopicsSlice: config.fatherTopicsSlice, sons: config.sons },
    clientOf,
  };
  const parks = hasFather && options.httpClient === undefined;
  const links = new LedLinks({
    ...{ member, logger },
    open: (lease) => SiteLinks.open({ ...linksParts, store: storeOfMaster(store, lease) }),
    // The father's requests concern the links as the sons' do.
    ...(parks && { reach: () => reverse.parkAt(config.fatherServers, siteId, config.token) }),
  });
  const neighbours = (): readonly SiteNeighbour[] => neighboursOf(config, siteId, clientOf);
  const site = servedSite(servers, { store, config, member, options, links: () => links.all, neighbours });
  const { url } = await listen(servers.service, starting, options, { site, parking: reverse.parking });
  await enter(url, servers);
  cleanUp.push(() => links.stop());
  await links.start(signal);
  logger.info({ siteId, url }, "the site runs");
  return { entities, links, url };
}

/** Gives what asks father and sons as the links do. */
function neighboursOf(
  { fatherServers, sons }: Config,
  siteId: string,
  clientOf: (neighbour: Neighbour) => IHttpClient,
): readonly SiteNeighbour[] {
  const father = { clientId: siteId, servers: fatherServers, peer: FATHER_CLIENT_ID };
  return [
    ...(fatherServers.length > 0 ? [{ client: clientOf(father) }] : []),
    ...sons.map(({ id, servers }) => ({ id, client: clientOf({ clientId: FATHER_CLIENT_ID, servers, peer: id }) })),
  ];
}

function siteIdOf({ siteId, sons }: Config): string {
  if (siteId === undefined) {
    throw new LiveDistError("Config", "LiveDistSiteId is missing: a site of a tree has a name of its own");
  }
  for (const id of [siteId, ...sons.map((son) => son.id)]) {
    if (id === FATHER_CLIENT_ID)
      throw new LiveDistError("Config", `${id} cannot be the name of a site: it is every father's`);
  }
  return siteId;
}

function textOf(slice: string | TopicsSlice): string {
  return typeof slice === "string" ? parseTopicsSlice(slice).text : slice.text;
}

/** Gives what proves to a neighbour who asks; `peer` is its ClientId here. */
function tokenOf({ token, sonTokens }: Config, peer: string): { token?: string } {
  const shown = peer === FATHER_CLIENT_ID ? token : sonTokens.find(({ id }) => id === peer)?.token;
  return shown === undefined ? {} : { token: shown };
}

/** Gives what everyone who reaches the server may see of a link. */
function linkStatus({ peer, role, state, sequence, failure }: Link): Readonly<Record<string, unknown>> {
  return { peer, role, state, sequence, ...(failure !== undefined && { failure: codeOf(failure) ?? "Internal" }) };
}
