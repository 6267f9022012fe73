import { systemClock } from "../../base/clock.js";
import { STORE_BUSY_MS_MAX } from "../../base/limits.js";
import { silentLogger } from "../../base/logger.js";
import { systemRandom } from "../../base/random.js";
import type { StoreOptions } from "../store-options.js";
import type { Store } from "../store.js";
import { checkTablesPrefix } from "../tables-prefix.js";
import { connectionSettings } from "./connection-settings.js";
import { createTables } from "./run-script.js";
import { SqlServerAccess } from "./sqlserver-access.js";
import { configError, openingError } from "./sqlserver-errors.js";
import { SqlServerStore } from "./sqlserver-store.js";

/** Opens the database that a connection string names, and creates the tables that are missing. Rejects as `openStore` does. */
export async function openSqlServerStore(connectionString: string, options: StoreOptions): Promise<Store> {
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const tablesPrefix = checkTablesPrefix(options.tablesPrefix ?? "");
  const lockMsMax = checkBusyMsMax(options.busyMsMax ?? STORE_BUSY_MS_MAX);
  const settings = connectionSettings(connectionString);
  try {
    const access = await SqlServerAccess.open({ settings, lockMsMax, logger }, (requests) =>
      createTables(requests, tablesPrefix, random),
    );
    return new SqlServerStore({ access, tablesPrefix, lockMsMax, clock, random, logger });
  } catch (error) {
    throw openingError(error);
  }
}

function checkBusyMsMax(busyMsMax: number): number {
  if (busyMsMax >= 0 && busyMsMax < 2 ** 31) return busyMsMax;
  throw configError(`busyMsMax has to be a number of milliseconds from 0 on, not ${busyMsMax}`);
}
