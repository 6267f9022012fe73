import { LiveDistError } from "../base/errors.js";
import type { StoreOptions } from "./store-options.js";
import type { Store } from "./store.js";

const ACCEPTED =
  'write "sqlite:<file>", for instance "sqlite:site.db", or "sqlite::memory:", or "postgres://user:password@host/database", ' +
  'or "Server=host;Database=database;User Id=user;Password=password" for SQL Server';

/** A URL, or pairs of key and value of which one names the server. */
const sqlServer = /^\s*((mssql|sqlserver):|([^:;=]+=[^;]*;)*\s*(server|data source|addr(ess)?|network address)\s*=)/i;

/**
 * Opens the database that a connection string names, and creates LiveDist's own tables in it where they are missing
 * (guide §7.1, LiveDistConnectionString). "sqlite:site.db" is a file, created where there is none, its path relative to
 * the working directory; "sqlite::memory:" is a new database that ends with its store. "postgres://user:password@host/site"
 * is a PostgreSQL database, "Server=host;Database=site;User Id=user;Password=password", as ADO.NET takes it, or
 * "mssql://user:password@host/site" one of SQL Server; these have to be there.
 *
 * Rejects with Config where the string or an option is wrong or names what is no database, and with Store where the
 * database refuses.
 */
export async function openStore(connectionString: string, options: StoreOptions = {}): Promise<Store> {
  // Drivers are loaded when they are needed: those of other databases are of no use to a site.
  if (/^\s*postgres(ql)?:/i.test(connectionString)) {
    const { openPostgresqlStore } = await import("./postgresql/open-postgresql-store.js");
    return openPostgresqlStore(connectionString.trim(), options);
  }
  if (sqlServer.test(connectionString)) {
    const { openSqlServerStore } = await import("./sqlserver/open-sqlserver-store.js");
    return openSqlServerStore(connectionString.trim(), options);
  }
  const location = sqliteLocation(connectionString);
  const { openSqliteStore } = await import("./sqlite/open-sqlite-store.js");
  return openSqliteStore(location, options);
}

/** Gives what stands behind "sqlite:". The errors do not repeat the string, which may hold a password. */
function sqliteLocation(connectionString: string): string {
  if (typeof connectionString !== "string") throw new LiveDistError("Config", `no connection string: ${ACCEPTED}`);
  const text = connectionString.trim();
  const location = /^sqlite:(.*)$/is.exec(text)?.[1];
  if (location === undefined)
    throw new LiveDistError("Config", `the connection string names no known database: ${ACCEPTED}`);
  if (location === "" || location.startsWith("//") || /^file:/i.test(location) || location.includes("\0")) {
    throw new LiveDistError(
      "Config",
      `"sqlite:" has to be followed by the plain path of a file, not by a URL: ${ACCEPTED}`,
    );
  }
  return location;
}
