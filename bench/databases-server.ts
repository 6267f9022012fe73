import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { StoreOptions } from "../src/store/store-options.js";
import { serveParent } from "./child.js";
import { CLIENT_IDS, readingSchema } from "./fan-out-deltas.js";

/* The delta servers of databases-latency.ts and commit-to-edge.ts, in a process of their own: they share nothing with the application but a database. */

/** The database to be served. */
export interface ServedDatabase {
  readonly connectionString: string;
  readonly options: StoreOptions;
}

serveParent({ start });

async function start(argument: unknown): Promise<string> {
  const { connectionString, options } = argument as ServedDatabase;
  const store = await openStore(connectionString, options);
  for (const [bitNumber, clientId] of CLIENT_IDS.entries()) await store.clients.add({ clientId, bitNumber });
  // Without a poll between, it hears of commits as it is told of them, or never.
  const config = { LiveDistPort: "0", LiveDistPollMs: "3600000" };
  const server = await startLiveDist({ config, schema: readingSchema, store, environment: {} });
  return server.url;
}
