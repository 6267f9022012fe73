import { type Entities, openStore, type Store } from "livedist";
import { join } from "node:path";
import { City } from "./city.js";
import type { CleanUp } from "./clean-up.js";
import { clientIds } from "./edges.js";
import { NEWCOMER_CLIENT_ID } from "./full-load.js";
import { chooseCities, type CityFields, loadCities, type StoredCity } from "./load-cities.js";
import type { Options } from "./options.js";
import { REGISTERED_CLIENT_ID } from "./registered-edge.js";
import { count, duration, say } from "./say.js";
import { temporaryFolder } from "./temporary-folder.js";

/** The ClientId of `livedist tail`, so that one can look on from another terminal. */
const CLI_CLIENT_ID = "livedist-cli";

/** Stands in front of the names of tables in a database server, where there may be others. */
const SERVER_TABLES_PREFIX = "cities_";

/** What databases are called. */
export const databaseNames = { sqlite: "SQLite", postgresql: "PostgreSQL", sqlserver: "SQL Server" } as const;

/** Opens the database that the options name, or a new one in a temporary folder that is removed in the end. */
export async function openDatabase({ database }: Options, cleanUp: CleanUp): Promise<Store> {
  const connectionString = database ?? `sqlite:${join(temporaryFolder(cleanUp), "cities.db")}`;
  const isFile = /^\s*sqlite:/i.test(connectionString);
  const store = await openStore(connectionString, { tablesPrefix: isFile ? "" : SERVER_TABLES_PREFIX });
  cleanUp.push(() => store.close());
  await addClients(store);
  return store;
}

/** Adds the rows of LiveDistClients that edges need and that are missing. */
export async function addClients(store: Store): Promise<void> {
  const rows = await store.clients.list();
  const wanted = [...clientIds, CLI_CLIENT_ID, REGISTERED_CLIENT_ID, NEWCOMER_CLIENT_ID];
  for (const [bitNumber, clientId] of wanted.entries()) {
    if (!rows.some((row) => row.clientId === clientId)) await store.clients.add({ clientId, bitNumber });
  }
}

/** Stores the cities, unless an earlier run has; gives those that the database holds. */
export async function storeCities(entities: Entities, options: Options, signal: AbortSignal): Promise<StoredCity[]> {
  const held = await heldCities(entities, options);
  if (held.length > 0) {
    say(`   it holds ${count(held.length)} cities already`);
    return held;
  }
  const startMs = performance.now();
  const cities = await loadCities(entities, chooseCities(options.cities), signal);
  signal.throwIfAborted();
  say(`   stored ${count(cities.length)} cities in ${duration(performance.now() - startMs)}`);
  return cities;
}

async function heldCities(entities: Entities, { database }: Options): Promise<StoredCity[]> {
  const held: StoredCity[] = [];
  if (database === undefined) return held;
  for await (const { techId, fields } of entities.list(City)) held.push({ techId, fields: fields as CityFields });
  return held;
}
