import { type Clock, systemClock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { silentLogger, type Logger } from "../base/logger.js";
import type { Random } from "../base/random.js";
import type { Schema } from "../delta/schema.js";
import { HttpServer } from "../http/http-server.js";
import { checkLoopback } from "../http/loopback.js";
import type { ICacheNotifier } from "../plugs/cache-notifier.js";
import { ControlAndParams, type IControlAndParams } from "../plugs/control-and-params.js";
import type { IWebConsole } from "../plugs/web-console.js";
import type { HttpServerOptions, HttpServing, IHttpServer } from "../plugs/http-server.js";
import { allowAll, type IPermit } from "../plugs/permit.js";
import { Reporter } from "../plugs/reporter.js";
import { openStore } from "../store/open-store.js";
import type { Store } from "../store/store.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { ConfigObject, Environment } from "./config/gather-settings.js";
import { type CountingLogger, countingLogger } from "./metrics/counting-logger.js";
import { operatorPages } from "./metrics/operator-pages.js";
import type { ServedSite } from "./served-site.js";
import type { AskServer } from "./servers/site-member.js";
import { PermitFile } from "./permits/permit-file.js";
import { readConfig, type Config } from "./web-config.js";

/** What everything that is started from a configuration takes. */
export interface StartOptions {
  /** The path of a web.config, or an object with its keys (guide §7). */
  readonly config: string | ConfigObject;
  readonly schema: Schema;
  /** Decides what clients may ask for (guide §5.6). Default: `allowAll`, with which the server listens on a loopback host only. */
  readonly permit?: IPermit;
  /** Hears of subscriptions and loads (guide §5.4). Default: nobody does. */
  readonly cacheNotifier?: ICacheNotifier;
  /** Gives values of the configuration, and hears how the server fares (guide §5.5). Default: `ControlAndParams`, which logs. */
  readonly control?: IControlAndParams;
  /** Carries the requests of clients (guide §5.2). Default: `HttpServer`. */
  readonly httpServer?: IHttpServer;
  /** Makes the pages for administrators, which the HTTP server then serves too. Default here: none. */
  readonly webConsole?: ((site: ServedSite) => IWebConsole) | undefined;
  /** Wins over the connection string, and stays open when the server closes. */
  readonly store?: Store;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Milliseconds from one sign of life to the other servers of the site to the next; they all have to have the same. Default: SERVER_BEAT_MS. */
  readonly beatMs?: number;
  /** Asks another server of the site, by its URL, whether it reads the database. Default: GET on its delta server. */
  readonly askServer?: AskServer;
  /** Whose variables override the configuration; default `process.env`. */
  readonly environment?: Environment;
}

/** Steps that undo what was started, in the order in which it was. */
export type CleanUp = (() => Promise<void> | void)[];

/** What was started from the configuration before the servers are. */
export interface Starting {
  readonly config: Config;
  readonly permit: IPermit;
  /** Opens the site's database, which is closed with the rest. Rejects with Config or Store. */
  readonly openStore: () => Promise<Store>;
  readonly reporter: Reporter;
  readonly logger: CountingLogger;
  readonly cleanUp: CleanUp;
}

/** What `start` gave, and how it ends. */
export interface Started<T> {
  readonly config: Config;
  readonly result: T;
  /** Undoes all. May be called twice. */
  readonly close: () => Promise<void>;
}

/** Reads the configuration and runs `start`. Rejects with Config where it is wrong, and as `start` does; nothing stays open then. */
export async function startConfigured<T>(
  options: StartOptions,
  start: (starting: Starting) => Promise<T>,
): Promise<Started<T>> {
  const logger = countingLogger(options.logger ?? silentLogger);
  const { control = new ControlAndParams(logger) } = options;
  const config = readConfiguration(options, control, logger);
  const permit = await permitOf(config, options);
  checkLoopback(config.host, permit);
  const cleanUp: CleanUp = [];
  if (permit instanceof PermitFile) {
    permit.keepCurrent(logger);
    cleanUp.push(() => permit.stop());
  }
  const openStore = async (): Promise<Store> => {
    if (options.store) return options.store;
    const store = await openConfiguredStore(config, { ...options, logger });
    cleanUp.push(() => store.close());
    return store;
  };
  const reporter = new Reporter(control, logger);
  try {
    cleanUp.push(() => reporter.status("closed"));
    reporter.status("starting");
    const result = await start({ config, permit, openStore, reporter, logger, cleanUp });
    cleanUp.push(() => reporter.status("closing"));
    reporter.status("up");
    let closing: Promise<void> | undefined;
    return { config, result, close: () => (closing ??= undo(cleanUp)) };
  } catch (error) {
    // Why it did not start matters more than what failed on the way back.
    await undo(cleanUp).catch((failure: unknown) => logger.error({ err: failure }, "not everything could be closed"));
    throw error;
  }
}

/** What is reached beside a service. */
export interface Listened extends Pick<HttpServerOptions, "parking"> {
  /** What the pages for administrators look at. */
  readonly site: ServedSite;
}

/** Lets a service be reached as the configuration says, with its metrics, its health and its console. */
export async function listen(
  service: LiveDistService,
  { config, permit, logger, cleanUp, reporter }: Starting,
  options: StartOptions,
  { site, parking }: Listened,
): Promise<HttpServing> {
  const { httpServer = new HttpServer(), clock = systemClock } = options;
  const { host, port, applicationSuffix } = config;
  // A page may be asked for before the promise of whoever carries it has resolved.
  const carrying: { by?: HttpServing } = {};
  const serving = (): HttpServing | undefined => carrying.by;
  const pages = operatorPages({ service, reporter, logger, permit, clock, log: site.store?.log, serving });
  const webConsole = config.console ? options.webConsole?.(site) : undefined;
  if (webConsole) cleanUp.push(() => webConsole.close());
  if (webConsole?.look) site.lookout.open(webConsole.look.bind(webConsole));
  const served = { host, port, applicationSuffix, logger, permit, parking, pages, webConsole, tls: tlsOf(config) };
  const http = await httpServer.listen(service, served);
  carrying.by = http;
  cleanUp.push(() => http.close());
  return http;
}

/** Gives the permit that the application passes in, or the one of the configuration. Rejects with Config where there are both. */
async function permitOf({ permitFile }: Config, { permit, clock = systemClock }: StartOptions): Promise<IPermit> {
  if (permitFile === undefined) return permit ?? allowAll;
  if (permit === undefined) return PermitFile.read(permitFile, clock);
  throw new LiveDistError(
    "Config",
    "LiveDistPermitFile: the application has a permit of its own; leave out one of them",
  );
}

function tlsOf({ tlsCertFile: certFile, tlsKeyFile: keyFile }: Config): HttpServerOptions["tls"] {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

function readConfiguration(
  { config: source, environment = process.env }: StartOptions,
  control: IControlAndParams,
  logger: Logger,
): Config {
  const config = readConfig(source, environment, { param: (key) => control.param(key) });
  for (const warning of config.warnings) logger.warn({}, warning);
  for (const key of config.notYetServed) logger.warn({ key }, "this key is not yet served by this version");
  return config;
}

async function openConfiguredStore(
  { connectionString, tablesPrefix }: Config,
  { clock, random, logger }: StartOptions,
): Promise<Store> {
  if (connectionString === undefined) {
    throw new LiveDistError(
      "Config",
      "LiveDistConnectionString is missing: name a database, for instance sqlite:site.db",
    );
  }
  return openStore(connectionString, { tablesPrefix, clock, random, logger });
}

/** Undoes, last first, all of it: a step that fails keeps nothing open but its own. Rejects with the first failure. */
async function undo(steps: CleanUp): Promise<void> {
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
