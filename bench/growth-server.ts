import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { Reception } from "../src/entities/reception.js";
import type { IDeltaObjectsReader } from "../src/plugs/delta-objects-reader.js";
import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import type { Position } from "../src/wire/requests.js";
import { atRate } from "./at-rate.js";
import { serveParent } from "./child.js";
import { GatedLog } from "./gated-log.js";
import { growthDelta, type GrowthSize, growthSchema } from "./growth-deltas.js";
import { below, seededRandom } from "./random.js";

/* The delta server of growth.ts, in a process of its own, with the application that writes. */

const CLIENT_ID = "bench";
const BATCH = 1_000;

let store: Store;
let gate: GatedLog;
let prepared = 0;

serveParent({
  start: (size) => start(size as GrowthSize),
  prepare: (argument) => prepare(argument as GrowthSize & { deltas: number }),
  releaseAtRate: (perSecond) => releaseAtRate(perSecond as number),
  position,
  heldBytes,
});

async function start(size: GrowthSize): Promise<string> {
  store = await openStore("sqlite::memory:");
  await store.clients.add({ clientId: CLIENT_ID, bitNumber: 0 });
  gate = new GatedLog(store.log);
  const reader: IDeltaObjectsReader = { readAll: () => all(size) };
  const config = { LiveDistPort: "0" };
  return (await startLiveDist({ config, schema: growthSchema, reader, store, environment: {} })).url;
}

async function* all(size: GrowthSize): AsyncGenerator<readonly DeltaObject[]> {
  for (let from = 0; from < size.entities; from += BATCH) {
    const count = Math.min(BATCH, size.entities - from);
    yield Array.from({ length: count }, (_, index) => growthDelta("CREATE", from + index, size));
    await Promise.resolve();
  }
}

/** Appends changes of random entities, a row of the log each, which the delta server does not see yet. */
async function prepare({ deltas, ...size }: GrowthSize & { deltas: number }): Promise<void> {
  const random = seededRandom(deltas);
  const reception = new Reception(store, growthSchema);
  await gate.close();
  prepared = deltas;
  await store.transaction(async (transaction) => {
    for (let left = deltas; left > 0; left--)
      await reception.append(transaction, [growthDelta("UPDATE", below(random, size.entities), size)]);
  });
}

async function releaseAtRate(perSecond: number): Promise<void> {
  await atRate(prepared, perSecond, () => gate.let(1));
  gate.open();
}

async function position(): Promise<Position> {
  const { epoch, lastSequence } = await store.log.bounds();
  return { epoch, sequence: lastSequence };
}

/** Gives the bytes that the process takes of the machine, garbage apart. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage.rss();
}
