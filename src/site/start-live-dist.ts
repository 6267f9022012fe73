import { systemClock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { silentLogger, type Logger } from "../base/logger.js";
import { systemRandom } from "../base/random.js";
import { BodyReader } from "../cache-server/body-reader.js";
import { Cache } from "../cache-server/cache.js";
import type { Schema } from "../delta/schema.js";
import { SchemaRegistry } from "../delta/schema-registry.js";
import { ClientWatch } from "../delta-server/client-watch.js";
import { Commands } from "../delta-server/commands.js";
import type { DeltaLog } from "../delta-server/delta-log.js";
import { DeltaServer } from "../delta-server/delta-server.js";
import { LogTrimmer } from "../delta-server/log-trimmer.js";
import { silentCacheNotifier } from "../plugs/cache-notifier.js";
import { ControlAndParams } from "../plugs/control-and-params.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import { allowAll } from "../plugs/permit.js";
import { Reporter } from "../plugs/reporter.js";
import type { Store } from "../store/store.js";
import { ClientActivity } from "./client-activity.js";
import { clientLimitsOf, type ClientLimitsOptions, noClientLimits } from "./client-limits.js";
import { fillCache } from "./fill-cache.js";
import { isProxy } from "./config/check-combinations.js";
import { Lookout } from "./lookout.js";
import type { PeerListener } from "./peer-listener.js";
import { PermittedService } from "./permitted-service.js";
import { RunningLoads } from "./running-loads.js";
import { startProxyService, type StartProxyOptions } from "./proxy/start-proxy-service.js";
import { DutyService } from "./servers/duty-service.js";
import { joinSite } from "./servers/join-site.js";
import { carriedLog } from "./nats/open-carried-log.js";
import type { SiteMember } from "./servers/site-member.js";
import type { SiteServers } from "./site-servers.js";
import { SiteService } from "./site-service.js";
import { servedSite, type StartedService } from "./served-site.js";
import { type CleanUp, listen, startConfigured, type Starting, type StartOptions } from "./start-configured.js";
import { WatchedService } from "./watched-service.js";
import type { Config } from "./web-config.js";

export interface StartLiveDistOptions extends StartOptions {
  /** Reads the entities into the cache (guide §5.3). Without it they are made from the log, which then must never have been trimmed. */
  readonly reader?: IDeltaObjectsReader;
  /** Makes the client of a proxy's mother (guide §5.1). Default: `HttpClient`. */
  readonly httpClient?: Required<StartProxyOptions>["httpClient"];
}

/** A running LiveDist server. */
export interface LiveDistServer {
  /** Where it listens, for instance http://127.0.0.1:8080. */
  readonly url: string;
  readonly config: Config;
  /** Answers running requests with the code Closed, and frees everything. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts the delta server and the cache server of a site in this process (guide §7.1), or of a proxy where LiveDistSiteName is
 * another than "center" (guide §8.1): that has no database, and loads from its mother by itself. Resolves when they serve. Rejects with
 * Config where the configuration is wrong or the port is taken, Store where the database refuses; nothing stays open then.
 */
export async function startLiveDist(options: StartLiveDistOptions): Promise<LiveDistServer> {
  const { config, result, close } = await startConfigured(options, async (starting) => {
    const { config, logger } = starting;
    checkNoTree(config);
    const started = isProxy(config) ? startProxyService(starting, options) : await startCenter(starting, options);
    const { url } = await listen(started.service, starting, options, { site: started.site });
    await started.enter?.(url);
    logger.info({ url, siteName: config.siteName }, "LiveDist serves");
    return url;
  });
  return { url: result, config, close };
}

async function startCenter(starting: Starting, options: StartLiveDistOptions): Promise<StartedService> {
  const { config, permit, reporter, logger, cleanUp } = starting;
  const store = await starting.openStore();
  const membership = await joinSite(store, starting, options);
  const { member } = membership;
  const given = { ...options, permit, reporter, logger, limits: clientLimitsOf(config), member };
  const carried = await carriedLog(store.log, starting, { member, clock: options.clock });
  const servers = await startService(store, config, { ...given, carried }, cleanUp);
  return {
    service: servers.service,
    enter: (url) => membership.enter(url, servers),
    site: servedSite(servers, {
      store,
      config,
      options: { ...options, logger },
      links: () => [],
      neighbours: () => [],
      member,
    }),
  };
}

/** Throws Config for a site of a tree, whose links would silently be missing. */
function checkNoTree({ fatherServers, sons }: Config): void {
  if (fatherServers.length === 0 && sons.length === 0) return;
  const message =
    "LiveDistFatherServers and LiveDistSons are for a site of a tree: start it by startSite, or livedist start";
  throw new LiveDistError("Config", message);
}

export interface StartServiceOptions extends Pick<
  StartLiveDistOptions,
  "schema" | "reader" | "permit" | "cacheNotifier" | "logger" | "clock" | "random"
> {
  readonly reporter?: Reporter;
  /** What one client may take of the server. Default: all of it. */
  readonly limits?: ClientLimitsOptions;
  /** Hears of the other sites of a tree. */
  readonly peers?: PeerListener;
  /** Makes the log that is followed out of the database's. Default: that itself. */
  readonly carried?: ((epoch: string) => DeltaLog) | undefined;
  /** The server among those of its site. Absent: it is the only one. */
  readonly member?: SiteMember;
  /** Gives what GET on the delta server tells beyond the servers' own state. */
  readonly status?: () => Readonly<Record<string, unknown>>;
}

/** Starts what answers requests, without a socket; `cleanUp` gets what undoes it. */
export async function startService(
  store: Store,
  config: Pick<Config, "pollMs" | "clientsPollMs" | "logKeepHours" | "logBytesMax" | "logInMemoryBytesMax">,
  options: StartServiceOptions,
  cleanUp: CleanUp,
): Promise<SiteServers> {
  const { schema, reader, logger = silentLogger, clock = systemClock, random = systemRandom } = options;
  const { reporter = new Reporter(new ControlAndParams(logger), logger) } = options;
  await store.schemas.put(schema.name, schema.text);
  const schemas = new SchemaRegistry(schema, (name) => store.schemas.get(name));
  const cache = new Cache(random, bodyReader(schema, reader, logger));
  const bounds = await fillCache(cache, store, schemas, reader, logger);
  const clients = new ClientWatch(store.clients, clock, logger, config.clientsPollMs, reporter);
  const delta = new DeltaServer({
    log: options.carried?.(bounds.epoch) ?? store.log,
    commands: (executor) =>
      new Commands(store, clock, logger, (record, at) => {
        const answer = executor.execute(record, at);
        const { clientId } = record.request;
        // The command came to a server that had not seen yet that its client is not to be served.
        if (delta.registered.get(clientId) && clients.refusal(clientId))
          delta.endRegistration({ clientId, bitNumber: record.bitNumber });
        return answer;
      }),
    cache,
    schemas,
    bounds,
    clock,
    logger,
    reporter,
    pollMs: config.pollMs,
    windowBytesMax: config.logInMemoryBytesMax,
    onGap: () => {
      logger.error(
        {},
        "the log was trimmed beyond what this server has read of it: it serves nobody until it is started again",
      );
      clients.stop();
      delta.stop();
      // Nobody is to be sent here, and the site is to be led by a server that reads its log.
      void options.member?.stop();
      reporter.status("closed");
    },
  });
  clients.onGone((row) => delta.endRegistration(row));
  const retention = { keepMs: config.logKeepHours * 3_600_000, bytesMax: config.logBytesMax };
  const { member } = options;
  // One of the servers trims: it leaves what the others have not read.
  const mayTrim = (): number => (member === undefined ? Infinity : member.trimmedMax);
  const trimmer = new LogTrimmer(delta, store.log, retention, logger, mayTrim);
  await clients.start();
  cleanUp.push(() => {
    trimmer.stop();
    clients.stop();
    delta.stop();
  });
  delta.start();
  trimmer.start();
  const activity = new ClientActivity(clock);
  const lookout = new Lookout();
  const loads = new RunningLoads();
  const answering = new SiteService(delta, clients, clock, {
    peers: options.peers,
    status: options.status,
    activity,
    lookout,
  });
  const onDuty = member && new DutyService(answering, member);
  const { permit = allowAll, limits = noClientLimits } = options;
  const permitted = new PermittedService(onDuty ?? answering, permit, { clock, limits });
  const service = new WatchedService(permitted, clients, {
    notifier: options.cacheNotifier ?? silentCacheNotifier,
    reporter,
    clock,
    logger,
    loads,
  });
  return {
    service,
    delta,
    clients,
    activity,
    loads,
    lookout,
    clientsHere: () => onDuty?.clients ?? clients.runningCount,
  };
}

/** Gives what reads the entities with InCache false; undefined where all have to be in the cache. */
function bodyReader(schema: Schema, reader: IDeltaObjectsReader | undefined, logger: Logger): BodyReader | undefined {
  if (reader?.read) return new BodyReader(reader.read.bind(reader), schema, logger);
  const classes = schema.classes.filter(({ inCache }) => !inCache).map(({ name }) => name);
  if (classes.length > 0) {
    logger.warn(
      { classes },
      "entities with InCache false are held in the cache all the same: no reader reads them singly",
    );
  }
  return undefined;
}
