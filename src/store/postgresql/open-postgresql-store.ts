import pg from "pg";
import { systemClock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { STORE_BUSY_MS_MAX } from "../../base/limits.js";
import { silentLogger } from "../../base/logger.js";
import { systemRandom } from "../../base/random.js";
import type { StoreOptions } from "../store-options.js";
import type { Store } from "../store.js";
import { checkTablesPrefix } from "../tables-prefix.js";
import { createTables } from "./create-tables.js";
import { openingError } from "./postgresql-errors.js";
import { PostgresqlPool } from "./postgresql-pool.js";
import { PostgresqlStore } from "./postgresql-store.js";
import { postgresqlTables } from "./postgresql-tables.js";

/** PostgreSQL cuts names behind 63 bytes; the longest name of ours has 28. */
const PREFIX_LENGTH_MAX = 35;

/** Opens a database by its URL and creates the tables that are missing. Rejects as `openStore` does. */
export async function openPostgresqlStore(connectionString: string, options: StoreOptions): Promise<Store> {
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const tablesPrefix = checkPrefix(options.tablesPrefix ?? "");
  const busyMsMax = checkBusyMsMax(options.busyMsMax ?? STORE_BUSY_MS_MAX);
  const database = nameOf(connectionString);
  const pool = new PostgresqlPool({ connectionString, busyMsMax, logger });
  try {
    const place = await pool.read((connection) => createTables(connection, tablesPrefix, random));
    const tables = postgresqlTables(place.schema, tablesPrefix);
    const channels = { log: `livedist_log_${place.logId}`, clients: `livedist_clients_${place.clientsId}` };
    // An advisory lock has two signed keys of 32 bits: LiveDist's own, as in the script, and that of this log.
    const bellLock = `1279872073, ${place.logId | 0}`;
    const store = new PostgresqlStore({
      pool,
      connectionString,
      tables,
      tablesPrefix,
      channels,
      bellLock,
      clock,
      random,
      logger,
    });
    await store.start();
    return store;
  } catch (error) {
    await pool.close(() => Promise.resolve());
    throw openingError(error, database);
  }
}

/** Gives what messages call the database: its URL may hold a password. Throws Config where it is none. */
function nameOf(connectionString: string): string {
  try {
    const { host, port, database } = new pg.Client({ connectionString });
    return `${database ?? "the user's database"} on ${host}:${port}`;
  } catch {
    // What was thrown repeats the string.
    throw new LiveDistError(
      "Config",
      'the URL of a PostgreSQL database looks like "postgres://user:password@host/database"',
    );
  }
}

function checkPrefix(prefix: string): string {
  if (prefix.length <= PREFIX_LENGTH_MAX) return checkTablesPrefix(prefix);
  const message = `LiveDistTablesPrefix has more than ${PREFIX_LENGTH_MAX} characters, with which PostgreSQL would cut names off`;
  throw new LiveDistError("Config", message);
}

/** A lock_timeout of 0 would be none. */
function checkBusyMsMax(busyMsMax: number): number {
  if (busyMsMax >= 0 && busyMsMax <= 2 ** 31 - 1) return Math.max(1, Math.floor(busyMsMax));
  throw new LiveDistError("Config", `busyMsMax has to be a number of milliseconds from 0 on, not ${busyMsMax}`);
}
