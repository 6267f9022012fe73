import { systemClock, type Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { silentLogger, type Logger } from "../base/logger.js";
import { systemRandom, type Random } from "../base/random.js";
import { BodyReader } from "../cache-server/body-reader.js";
import { Cache } from "../cache-server/cache.js";
import type { Schema } from "../delta/schema.js";
import { SchemaRegistry } from "../delta/schema-registry.js";
import { ClientWatch } from "../delta-server/client-watch.js";
import { DeltaServer } from "../delta-server/delta-server.js";
import { LogTrimmer } from "../delta-server/log-trimmer.js";
import { HttpServer } from "../http/http-server.js";
import { checkLoopback } from "../http/loopback.js";
import { type ICacheNotifier, silentCacheNotifier } from "../plugs/cache-notifier.js";
import { ControlAndParams, type IControlAndParams } from "../plugs/control-and-params.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import type { HttpServing, IHttpServer } from "../plugs/http-server.js";
import { allowAll, type IPermit } from "../plugs/permit.js";
import { Reporter } from "../plugs/reporter.js";
import { openStore } from "../store/open-store.js";
import type { Store } from "../store/store.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { ConfigObject, Environment } from "./config/gather-settings.js";
import { fillCache } from "./fill-cache.js";
import type { PeerListener } from "./peer-listener.js";
import { PermittedService } from "./permitted-service.js";
import type { SiteServers } from "./site-servers.js";
import { SiteService } from "./site-service.js";
import { WatchedService } from "./watched-service.js";
import { readConfig, type Config } from "./web-config.js";

export interface StartLiveDistOptions {
  /** The path of a web.config, or an object with its keys (guide §7). */
  readonly config: string | ConfigObject;
  readonly schema: Schema;
  /** Reads the entities into the cache (guide §5.3). Without it they are made from the log, which then must never have been trimmed. */
  readonly reader?: IDeltaObjectsReader;
  /** Decides what clients may ask for (guide §5.6). Default: `allowAll`, with which the server listens on a loopback host only. */
  readonly permit?: IPermit;
  /** Hears of subscriptions and loads (guide §5.4). Default: nobody does. */
  readonly cacheNotifier?: ICacheNotifier;
  /** Gives values of the configuration, and hears how the server fares (guide §5.5). Default: `ControlAndParams`, which logs. */
  readonly control?: IControlAndParams;
  /** Carries the requests of clients (guide §5.2). Default: `HttpServer`. */
  readonly httpServer?: IHttpServer;
  /** Wins over the connection string, and stays open when the server closes. */
  readonly store?: Store;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Whose variables override the configuration; default `process.env`. */
  readonly environment?: Environment;
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
 * Starts the delta server and the cache server of a site in this process (guide §7.1). Resolves when they serve. Rejects with
 * Config where the configuration is wrong or the port is taken, Store where the database refuses; nothing stays open then.
 */
export async function startLiveDist(options: StartLiveDistOptions): Promise<LiveDistServer> {
  const { logger = silentLogger, control = new ControlAndParams(logger) } = options;
  const config = readConfiguration(options, control, logger);
  checkLoopback(config.host, options.permit);
  const store = options.store ?? (await openConfiguredStore(config, options));
  const cleanUp: (() => Promise<void> | void)[] = options.store ? [] : [() => store.close()];
  const reporter = new Reporter(control, logger);
  try {
    cleanUp.push(() => reporter.status("closed"));
    reporter.status("starting");
    const { service } = await startService(store, config, { ...options, reporter }, cleanUp);
    const http = await listen(service, config, options);
    cleanUp.push(() => http.close());
    cleanUp.push(() => reporter.status("closing"));
    reporter.status("up");
    logger.info({ url: http.url }, "LiveDist serves");
    let closing: Promise<void> | undefined;
    return { url: http.url, config, close: () => (closing ??= undo(cleanUp)) };
  } catch (error) {
    // Why it did not start matters more than what failed on the way back.
    await undo(cleanUp).catch((failure: unknown) => logger.error({ error: failure }, "not everything could be closed"));
    throw error;
  }
}

function readConfiguration(
  { config: source, environment = process.env }: StartLiveDistOptions,
  control: IControlAndParams,
  logger: Logger,
): Config {
  const config = readConfig(source, environment, { param: (key) => control.param(key) });
  for (const warning of config.warnings) logger.warn({}, warning);
  for (const key of config.notYetServed) logger.warn({ key }, "this key is not yet served by this version");
  return config;
}

function listen(
  service: LiveDistService,
  { host, port, applicationSuffix }: Config,
  { httpServer = new HttpServer(), permit = allowAll, logger = silentLogger }: StartLiveDistOptions,
): Promise<HttpServing> {
  return httpServer.listen(service, { host, port, applicationSuffix, logger, permit });
}

async function openConfiguredStore(
  { connectionString, tablesPrefix }: Config,
  { clock, random, logger }: StartLiveDistOptions,
): Promise<Store> {
  if (connectionString === undefined) {
    throw new LiveDistError(
      "Config",
      "LiveDistConnectionString is missing: name a database, for instance sqlite:site.db",
    );
  }
  return openStore(connectionString, { tablesPrefix, clock, random, logger });
}

export interface StartServiceOptions extends Pick<
  StartLiveDistOptions,
  "schema" | "reader" | "permit" | "cacheNotifier" | "logger" | "clock" | "random"
> {
  readonly reporter?: Reporter;
  /** Hears of the other sites of a tree. */
  readonly peers?: PeerListener;
}

/** Starts what answers requests, without a socket; `cleanUp` gets what undoes it. */
export async function startService(
  store: Store,
  config: Pick<Config, "pollMs" | "clientsPollMs" | "logKeepHours" | "logBytesMax" | "logInMemoryBytesMax">,
  options: StartServiceOptions,
  cleanUp: (() => Promise<void> | void)[],
): Promise<SiteServers> {
  const { schema, reader, logger = silentLogger, clock = systemClock, random = systemRandom } = options;
  const { reporter = new Reporter(new ControlAndParams(logger), logger) } = options;
  await store.schemas.put(schema.name, schema.text);
  const schemas = new SchemaRegistry(schema, (name) => store.schemas.get(name));
  const cache = new Cache(random, bodyReader(schema, reader, logger));
  const bounds = await fillCache(cache, store, schemas, reader, logger);
  const clients = new ClientWatch(store, clock, logger, config.clientsPollMs, reporter);
  const delta = new DeltaServer({
    store,
    cache,
    schemas,
    bounds,
    clock,
    logger,
    reporter,
    random,
    refusal: (clientId) => clients.refusal(clientId),
    pollMs: config.pollMs,
    windowBytesMax: config.logInMemoryBytesMax,
  });
  clients.onGone(({ clientId }) => delta.endRegistration(clientId));
  const retention = { keepMs: config.logKeepHours * 3_600_000, bytesMax: config.logBytesMax };
  const trimmer = new LogTrimmer(delta, retention, logger);
  await clients.start();
  cleanUp.push(() => {
    trimmer.stop();
    clients.stop();
    delta.stop();
  });
  delta.start();
  trimmer.start();
  const answering = new SiteService(delta, clients, clock, options.peers);
  const permitted = new PermittedService(answering, options.permit ?? allowAll);
  const service = new WatchedService(permitted, clients, {
    notifier: options.cacheNotifier ?? silentCacheNotifier,
    reporter,
    clock,
    logger,
  });
  return { service, delta, clients };
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

/** Undoes, last first, all of it: a step that fails keeps nothing open but its own. Rejects with the first failure. */
async function undo(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of [...steps].reverse()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
