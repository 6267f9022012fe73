import { systemClock } from "../../base/clock.js";
import { systemRandom } from "../../base/random.js";
import { SchemaRegistry } from "../../delta/schema-registry.js";
import { ClientWatch } from "../../delta-server/client-watch.js";
import { HttpClient } from "../../edge/http-client.js";
import { silentCacheNotifier } from "../../plugs/cache-notifier.js";
import type { IHttpClient } from "../../plugs/http-client.js";
import type { LiveDistService } from "../../wire/live-dist-service.js";
import { ClientActivity } from "../client-activity.js";
import { clientLimitsOf } from "../client-limits.js";
import { Lookout } from "../lookout.js";
import { PermittedService } from "../permitted-service.js";
import { RunningLoads } from "../running-loads.js";
import { SiteService } from "../site-service.js";
import type { StartedService } from "../served-site.js";
import type { Starting, StartOptions } from "../start-configured.js";
import { WatchedService } from "../watched-service.js";
import type { Config } from "../web-config.js";
import { CenterConnection } from "./center-connection.js";
import { HeldTopics } from "./held-topics.js";
import { MirroredClients } from "./mirrored-clients.js";
import { MotherClient } from "./mother-client.js";
import { MotherLink } from "./mother-link.js";
import { ProxyService } from "./proxy-service.js";
import { ProxyState } from "./proxy-state.js";

const MINUTE_MS = 60_000;

export interface StartProxyOptions extends StartOptions {
  /** Makes the client of the mother's servers (guide §5.1). Default: `HttpClient`. */
  readonly httpClient?: (options: { readonly clientId: string; readonly servers: readonly string[] }) => IHttpClient;
}

/**
 * Starts what answers the requests of a proxy's edges (guide §8.1). It serves at once, and has something to give when it has
 * loaded from its mother, for whom it goes on looking.
 */
export function startProxyService(starting: Starting, options: StartProxyOptions): StartedService {
  const { config, permit, reporter, logger, cleanUp } = starting;
  const { schema, cacheNotifier = silentCacheNotifier } = options;
  const { clock = systemClock, random = systemRandom } = options;
  const mother = new MotherClient(clientOf(config, options));
  const topics = new HeldTopics(config.deltaUseTopicsSlice ? config.deltaFixedTopicsInSlice : undefined);
  const center = new CenterConnection(false);
  const schemas = new SchemaRegistry(schema, (name) => mother.schemaText(name));
  const clients = new ClientWatch(
    new MirroredClients(() => mother.clients()),
    clock,
    logger,
    config.clientsPollMs,
    reporter,
  );
  // No load of an earlier process, or of a later one, has the same.
  const boot = Math.floor(random() * Number.MAX_SAFE_INTEGER).toString(36);
  let stamps = 0;
  let isStarted = false;
  const activity = new ClientActivity(clock);
  const loads = new RunningLoads();
  const lookout = new Lookout();
  const stateParts = {
    ...{ schemas, clock, logger, random, reporter, pollMs: config.pollMs, windowBytesMax: config.logInMemoryBytesMax },
    newStamp: () => `${config.siteName}.${boot}.${++stamps}`,
  };
  const link = new MotherLink({
    ...{ mother, topics, center, clock, random, logger },
    newState: async (load) => {
      // Before there are rows nobody can be served.
      if (!isStarted) await clients.start();
      isStarted = true;
      return ProxyState.of(load, stateParts);
    },
    unusedMsMax: config.deltaUnusedTopicsLifeInMinutes * MINUTE_MS,
  });
  // Of the state in force alone: one that was replaced, and all that it holds, is kept by nobody.
  center.onChange(() => link.state?.delta.wakeReaders());
  clients.onGone((row) => link.state?.delta.endRegistration(row));
  const services = new WeakMap<ProxyState, LiveDistService>();
  const serviceOf = (state: ProxyState): LiveDistService => {
    const known = services.get(state);
    const service = known ?? new SiteService(state.delta, clients, clock, { center, activity, lookout });
    services.set(state, service);
    return service;
  };
  const status = (): Readonly<Record<string, unknown>> => ({
    siteName: config.siteName,
    connectedToCenter: center.isConnected,
    topics: topics.count,
  });
  const answering = new ProxyService({ link, topics, clock, serviceOf, status });
  const permitted = new PermittedService(answering, permit, { clock, limits: clientLimitsOf(config) });
  cleanUp.push(async () => {
    clients.stop();
    await link.stop();
  });
  link.start();
  const watchers = { notifier: cacheNotifier, reporter, clock, logger, loads };
  const site = {
    ...{ config, clients, activity, loads, clock, logger },
    store: undefined,
    member: undefined,
    delta: () => link.state?.delta,
    links: () => [],
    isConnectedToCenter: () => center.isConnected,
    neighbours: () => [{ client: clientOf(config, options) }],
    lookout,
  };
  return { service: new WatchedService(permitted, clients, watchers), site };
}

function clientOf(config: Config, { httpClient, clock }: StartProxyOptions): IHttpClient {
  const { motherServers: servers, clientId, applicationSuffix, token } = config;
  if (httpClient) return httpClient({ clientId: clientId!, servers });
  const given = { ...(clock && { clock }), ...(token !== undefined && { token }) };
  return new HttpClient({ clientId: clientId!, servers, applicationSuffix, ...given });
}
