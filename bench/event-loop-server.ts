import { monitorEventLoopDelay } from "node:perf_hooks";
import type { DeltaObject } from "../src/delta/delta-object.js";
import type { IDeltaObjectsReader } from "../src/plugs/delta-objects-reader.js";
import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import { serveParent } from "./child.js";
import { loopSchema, reading } from "./event-loop-readings.js";

/* The delta server of event-loop.ts, in a process of its own, which times its own event loop. */

export interface LoopServer {
  readonly connectionString: string;
  readonly entities: number;
  /** The ClientId of the one who registers. */
  readonly son: string;
}

/** Milliseconds that the event loop was late. */
export interface Delays {
  readonly p999: number;
  readonly longest: number;
}

const BATCH = 1_000;
/** A timer of 1 ms, by which the histogram counts; it is always late by that much. */
const RESOLUTION_MS = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

serveParent({ start, watch, watched });

async function start(argument: unknown): Promise<string> {
  const { connectionString, entities, son } = argument as LoopServer;
  const store = await openStore(connectionString, { synchronous: "normal" });
  await store.clients.add({ clientId: son, bitNumber: 0 });
  const reader: IDeltaObjectsReader = { readAll: () => all(entities) };
  const config = { LiveDistPort: "0" };
  const server = await startLiveDist({ config, schema: loopSchema, reader, store, environment: {} });
  return server.url;
}

async function* all(count: number): AsyncGenerator<readonly DeltaObject[]> {
  for (let from = 0; from < count; from += BATCH) {
    yield Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => reading("CREATE", from + index));
    await Promise.resolve();
  }
}

function watch(): void {
  delays.enable();
  delays.reset();
}

function watched(): Delays {
  delays.disable();
  const ms = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return { p999: ms(delays.percentile(99.9)), longest: ms(delays.max) };
}
