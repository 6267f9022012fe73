import { resolve } from "node:path";
import { systemClock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { STORE_BUSY_MS_MAX } from "../../base/limits.js";
import { silentLogger } from "../../base/logger.js";
import { systemRandom } from "../../base/random.js";
import type { StoreOptions } from "../store-options.js";
import type { Store } from "../store.js";
import { checkTablesPrefix } from "../tables-prefix.js";
import { ApplicationConnections } from "./application-connections.js";
import { BusyWait } from "./busy-wait.js";
import { createTables } from "./run-script.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { openingError } from "./sqlite-errors.js";
import { SqliteFile } from "./sqlite-file.js";
import { SqliteMemory } from "./sqlite-memory.js";
import { SqliteStore } from "./sqlite-store.js";

/** Opens a file, or ":memory:", and creates the tables that are missing. Rejects as `openStore` does. */
export async function openSqliteStore(location: string, options: StoreOptions): Promise<Store> {
  const { clock = systemClock, random = systemRandom, logger = silentLogger, synchronous = "full" } = options;
  const tablesPrefix = checkSqlitePrefix(options.tablesPrefix ?? "");
  checkSynchronous(synchronous);
  const busy = new BusyWait(clock, checkBusyMsMax(options.busyMsMax ?? STORE_BUSY_MS_MAX));
  const prepare = (writer: SqliteConnection) => createTables(writer, busy, tablesPrefix, random);
  const path = location === ":memory:" ? undefined : resolve(location);
  const opening =
    path === undefined ? SqliteMemory.open(prepare) : SqliteFile.open({ path, synchronous, busy }, prepare);
  const access = await opening.catch((error: unknown) => {
    throw openingError(error, location);
  });
  const applicationConnections = new ApplicationConnections(path);
  return new SqliteStore({ access, applicationConnections, busy, tablesPrefix, clock, random, logger });
}

function checkSqlitePrefix(prefix: string): string {
  if (!/^sqlite_/i.test(prefix)) return checkTablesPrefix(prefix);
  throw new LiveDistError(
    "Config",
    'LiveDistTablesPrefix must not begin with "sqlite_", which SQLite keeps for itself',
  );
}

function checkSynchronous(synchronous: string): void {
  if (synchronous === "full" || synchronous === "normal") return;
  throw new LiveDistError("Config", `synchronous has to be "full" or "normal", not ${JSON.stringify(synchronous)}`);
}

function checkBusyMsMax(busyMsMax: number): number {
  if (busyMsMax >= 0) return busyMsMax;
  throw new LiveDistError("Config", `busyMsMax has to be a number of milliseconds from 0 on, not ${busyMsMax}`);
}
