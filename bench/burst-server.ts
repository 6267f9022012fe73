import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import { itemSchema } from "./burst-changes.js";
import { serveParent } from "./child.js";

/* The delta server of burst.ts, in a process of its own. */

/** The database to be served, and who may connect. */
export interface BurstServer {
  readonly connectionString: string;
  readonly clientIds: readonly string[];
}

/** Longer than a backlog takes to be written. */
const BUSY_MS_MAX = 600_000;

serveParent({ start });

async function start(argument: unknown): Promise<string> {
  const { connectionString, clientIds } = argument as BurstServer;
  const store = await openStore(connectionString, { busyMsMax: BUSY_MS_MAX });
  for (const [bitNumber, clientId] of clientIds.entries()) await store.clients.add({ clientId, bitNumber });
  const config = { LiveDistPort: "0", LiveDistPollMs: "3600000" };
  const server = await startLiveDist({ config, schema: itemSchema, store, environment: {} });
  return server.url;
}
