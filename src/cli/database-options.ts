import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { LiveDistError } from "../base/errors.js";
import { readConfig } from "../site/web-config.js";
import { openStore } from "../store/open-store.js";
import type { Store } from "../store/store.js";
import type { CliContext } from "./cli-context.js";

/** What names a database at the command line. */
export interface DatabaseOptions {
  readonly database?: string;
  readonly tablesPrefix?: string;
  readonly config?: string;
}

interface Database {
  readonly connectionString: string;
  readonly tablesPrefix: string | undefined;
}

const DEFAULT_CONFIG = "web.config";

/** Adds the options that name a database: by itself, or by the configuration of a server. */
export function withDatabaseOptions(command: Command): Command {
  return command
    .option("--database <connection string>", "the database, as sqlite:site.db")
    .option("--tables-prefix <prefix>", "LiveDistTablesPrefix of the database, beside --database")
    .option("--config <file>", `the configuration of a server of the database (default: ${DEFAULT_CONFIG})`);
}

/**
 * Works on the database that the options name. Rejects with Config where they name none, or a file that is not there: a mistyped
 * name is not to become a new database.
 */
export async function withDatabase<T>(
  options: DatabaseOptions,
  { environment }: Pick<CliContext, "environment">,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { connectionString, tablesPrefix } = databaseOf(options, environment);
  checkExists(connectionString);
  const store = await openStore(connectionString, { tablesPrefix });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function databaseOf(
  { database, tablesPrefix, config }: DatabaseOptions,
  environment: CliContext["environment"],
): Database {
  if (database === undefined) {
    if (tablesPrefix !== undefined) throw new LiveDistError("Config", "--tables-prefix goes with --database only");
    return configuredDatabase(config ?? DEFAULT_CONFIG, config === undefined, environment);
  }
  if (config === undefined) return { connectionString: database, tablesPrefix };
  throw new LiveDistError("Config", "name the database by --database or by --config, not by both");
}

function configuredDatabase(file: string, isDefault: boolean, environment: CliContext["environment"]): Database {
  if (isDefault && !existsSync(file)) {
    throw new LiveDistError("Config", `name the database with --database, or with --config; there is no ${file} here`);
  }
  const { connectionString, tablesPrefix } = readConfig(file, environment);
  if (connectionString === undefined) {
    throw new LiveDistError("Config", `LiveDistConnectionString is missing in ${file}`);
  }
  return { connectionString: fromFolder(connectionString, dirname(resolve(file))), tablesPrefix };
}

/** Gives the path in the connection string of a SQLite database as seen from here; in a web.config it is seen from its folder. */
function fromFolder(connectionString: string, folder: string): string {
  const path = sqlitePath(connectionString);
  return path === undefined ? connectionString : `sqlite:${resolve(folder, path)}`;
}

function checkExists(connectionString: string): void {
  const path = sqlitePath(connectionString);
  if (path === undefined || existsSync(path)) return;
  throw new LiveDistError(
    "Config",
    `there is no database ${path}: correct the name, or start a server, which creates it`,
  );
}

/** Gives undefined for other databases, and for what `openStore` will refuse. */
function sqlitePath(connectionString: string): string | undefined {
  const path = /^\s*sqlite:(.*?)\s*$/is.exec(connectionString)?.[1];
  return path === undefined || path === "" || path.startsWith(":") || path.startsWith("//") ? undefined : path;
}
