import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Reception } from "../src/entities/reception.js";
import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import type { Position } from "../src/wire/requests.js";
import { atRate } from "./at-rate.js";
import { serveParent } from "./child.js";
import { CLIENT_IDS, readingSchema, ReadingSource } from "./fan-out-deltas.js";
import { GatedLog } from "./gated-log.js";

/* LiveDist as the server of fan-out.ts: store, application and delta server in one process. */

const ROWS_PER_COMMIT = 1_000;

const folder = mkdtempSync(join(tmpdir(), "livedist-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let site: { readonly store: Store; readonly reception: Reception; readonly source: ReadingSource };
let gate: GatedLog;
let prepared = 0;

serveParent({ start, prepare, release, releaseAtRate, sendAtRate, position, heldBytes });

async function start(argument: unknown): Promise<string> {
  const { seed, regions } = argument as { seed: number; regions?: number };
  const store = await openStore(`sqlite:${join(folder, "site.db")}`, { synchronous: "normal" });
  for (const [bitNumber, clientId] of CLIENT_IDS.entries()) await store.clients.add({ clientId, bitNumber });
  const reception = new Reception(store, readingSchema);
  const source = new ReadingSource(seed, regions);
  await store.transaction((transaction) => reception.append(transaction, source.creates()));
  site = { store, reception, source };
  gate = new GatedLog(store.log);
  const config = { LiveDistPort: "0" };
  const server = await startLiveDist({ config, schema: readingSchema, store, environment: {} });
  return server.url;
}

/** Appends deltas, a row of the log each, which the delta server does not see yet. */
async function prepare(argument: unknown): Promise<void> {
  const { store, reception, source } = site;
  prepared = argument as number;
  await gate.close();
  for (let left = prepared; left > 0; left -= ROWS_PER_COMMIT) {
    await store.transaction(async (transaction) => {
      for (let row = Math.min(left, ROWS_PER_COMMIT); row > 0; row--)
        await reception.append(transaction, [source.update()]);
    });
  }
}

function release(): void {
  gate.open();
}

async function releaseAtRate(argument: unknown): Promise<void> {
  const { perSecond } = argument as { perSecond: number };
  await atRate(prepared, perSecond, () => gate.let(1));
  gate.open();
}

function sendAtRate(argument: unknown): Promise<void> {
  const { count, perSecond } = argument as { count: number; perSecond: number };
  const { store, reception, source } = site;
  return atRate(count, perSecond, async () => {
    const delta = source.update();
    await store.transaction((transaction) => reception.append(transaction, [delta]));
    await reception.notifyDeltaServer();
  });
}

async function position(): Promise<Position> {
  const { epoch, lastSequence } = await site.store.log.bounds();
  return { epoch, sequence: lastSequence };
}

/** Gives the bytes that the process holds, garbage apart. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage.rss();
}
