import { Command } from "commander";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pino } from "pino";
import { LiveDistError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { isProxy } from "../site/config/check-combinations.js";
import { startLiveDist, startSite } from "../console/start-with-console.js";
import type { StartSiteOptions } from "../site/start-site.js";
import { type Config, readConfig } from "../site/web-config.js";
import { openStore } from "../store/open-store.js";
import type { Store } from "../store/store.js";
import { type AppModule, importAppModule, readerOf } from "./app-module.js";
import type { CliContext } from "./cli-context.js";

const EXAMPLE = `
The servers run in the folder of the configuration file: the paths in it are relative to that folder. A key can be given
as an environment variable too. Logs go to standard output, a JSON object a line. Ctrl-C stops the servers.

LiveDistModule names the application's module, which exports
  schema    made by makeSchema
  topicsOf  the function given to Entities, where the application uses Entities, and
            tables where some of them stand in tables that it had already; or
  reader    an IDeltaObjectsReader, or a function (store, schema) that makes one
With neither topicsOf nor reader the entities are made from the log. It may also export the plugs permit, cacheNotifier,
control and httpServer; with a permit, LiveDistHost may be another than 127.0.0.1.

With another LiveDistSiteName than "center" it starts a proxy, which has no database: it receives from LiveDistMotherServers, as
the client LiveDistClientId. The module has to export the schema only.

With LiveDistSiteId in the configuration it starts a site of a tree, with its links to the father (LiveDistFatherServers,
LiveDistFatherTopicsSlice) and to the sons (LiveDistSons). The module has to export topicsOf then, and may also export
httpClient, mergePolicy and updateForm.

Example:
  livedist start --config web.config`;

/** Makes the command that runs the servers of a site (guide §7.1). */
export function startCommand(context: CliContext): Command {
  return new Command("start")
    .description("Start the delta server and the cache server of a site.")
    .option("--config <file>", "the configuration", "web.config")
    .addHelpText("after", EXAMPLE)
    .action(({ config }: { config: string }) => start(resolve(config), context));
}

async function start(file: string, context: CliContext): Promise<void> {
  const config = readExistingConfig(file, context);
  const signal = context.interrupted();
  process.chdir(dirname(file));
  const logger = pino({}, { write: (line: string) => context.terminal.out(line.trimEnd()) });
  const store = await openStoreOf(config, logger);
  // An interrupted start ends at once: whatever still reads the database ends with it.
  const closeStore = (): void => void store?.close();
  signal.addEventListener("abort", closeStore);
  try {
    const app = await importAppModule(config.module, dirname(file));
    const common = { config: file, logger, environment: context.environment };
    const server = await (store === undefined
      ? startLiveDist({ ...common, schema: app.schema, ...app.plugs, ...app.sitePlugs })
      : config.siteId === undefined
        ? startServers(app, { ...common, store })
        : startTreeSite(app, { ...common, store }, signal));
    signal.removeEventListener("abort", closeStore);
    await aborted(signal);
    logger.info("LiveDist is closing");
    await server.close();
    logger.info("LiveDist is closed");
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await store?.close();
  }
}

/** Opens the site's database; undefined for a proxy, which has none. */
async function openStoreOf(config: Config, logger: Logger): Promise<Store | undefined> {
  if (isProxy(config)) return undefined;
  return openStore(config.connectionString!, { tablesPrefix: config.tablesPrefix, logger });
}

type Started = Required<Pick<StartSiteOptions, "config" | "store" | "logger" | "environment">>;

async function startServers(app: AppModule, started: Started): Promise<Closing> {
  const reader = await readerOf(app, started.store);
  return startLiveDist({ ...started, schema: app.schema, ...app.plugs, ...(reader && { reader }) });
}

function startTreeSite(
  { schema, topicsOf, tables, plugs, sitePlugs }: AppModule,
  started: Started,
  signal: AbortSignal,
): Promise<Closing> {
  if (topicsOf) return startSite({ ...started, schema, topicsOf, tables, ...plugs, ...sitePlugs, signal });
  const reason = "a site of a tree keeps its entities by Entities, so that LiveDistModule has to export topicsOf";
  throw new LiveDistError("Config", reason);
}

interface Closing {
  close(): Promise<void>;
}

function readExistingConfig(file: string, { environment }: CliContext): Config & { module: string } {
  if (!existsSync(file)) {
    throw new LiveDistError(
      "Config",
      `there is no file ${file}: name the configuration with --config (web.config.example shows one)`,
    );
  }
  const config = readConfig(file, environment);
  const { connectionString, module } = config;
  if (connectionString === undefined && !isProxy(config)) {
    throw new LiveDistError(
      "Config",
      `LiveDistConnectionString is missing in ${file}: name a database, for instance sqlite:site.db`,
    );
  }
  if (!module) {
    throw new LiveDistError(
      "Config",
      `LiveDistModule is missing in ${file}: name the module that exports the schema (livedist start --help)`,
    );
  }
  return { ...config, module };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
