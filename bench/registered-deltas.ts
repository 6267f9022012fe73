import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import { startService } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import type { LiveDistService } from "../src/wire/live-dist-service.js";
import { ReadingSource, readingSchema, sliceOf } from "./fan-out-deltas.js";
import { type BenchOptions, inTurns, linesOf, type Table, type Trial } from "./measure.js";

/*
 * Goals: what a delta costs a whole server, from the log (SQLite in memory) to the frames that wait for their clients, with no
 * registered client, with 1 and with 64. Each line of the first table has every delta wanted by all clients that there are; in
 * the second 64 clients are registered and 1 of 64 wants a delta, beside 1 client that wants every delta.
 *
 * Non-goals: sockets, which fan-out measures; the application's transaction, which append measures.
 */

interface DeltasPlan {
  readonly deltas: number;
  readonly runs: number;
}

const plans: Record<BenchOptions["size"], DeltasPlan> = {
  full: { deltas: 20_000, runs: 7 },
  tiny: { deltas: 20, runs: 1 },
};

const CLIENTS_MAX = 64;
/** Nothing happens by itself while the log is written. */
const config = {
  pollMs: 3_600_000,
  clientsPollMs: 3_600_000,
  logKeepHours: 0,
  logBytesMax: 0,
  logInMemoryBytesMax: 2 ** 30,
};

/** Gives the slice of a client by its number. */
type SliceOf = (client: number) => string;

export async function benchRegisteredDeltas({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const all: SliceOf = (client) => `active*!other${client}`;
  const trialOf = (name: string, clients: number, slice: SliceOf): Trial<"perCpuSecond"> => ({
    name,
    run: async () => ({ perCpuSecond: await deltasPerCpuSecond(seed, plan.deltas, clients, slice) }),
  });
  const trials = [
    trialOf("64 registered clients, all want it", CLIENTS_MAX, all),
    trialOf("64 registered clients, 12 or 13 want it", CLIENTS_MAX, sliceOf),
    trialOf("1 registered client, which wants it", 1, all),
    trialOf("no registered client", 0, all),
  ];
  const title = "transactions of one UPDATE with 200 bytes, by the CPU time of a whole server";
  return [
    { title, rows: linesOf("perCpuSecond", "deltas/CPU-s", await inTurns(trials, plan.runs)) },
    await oneOfMany(seed, plan),
  ];
}

/** Puts 64 registered clients, each of which wants 1 of 64 deltas, beside one that wants all. */
async function oneOfMany(seed: number, { deltas, runs }: DeltasPlan): Promise<Table> {
  const trialOf = (name: string, clients: number, regions: number): Trial<"cpuMicros"> => ({
    name,
    run: async () => {
      const sliceOfOne: SliceOf = (client) => sliceOf(client, regions);
      return { cpuMicros: 1e6 / (await deltasPerCpuSecond(seed, deltas, clients, sliceOfOne, regions)) };
    },
  });
  const trials = [trialOf("64 registered clients", CLIENTS_MAX, CLIENTS_MAX), trialOf("1 registered client", 1, 1)];
  const title = "the same, each delta wanted by one client";
  return { title, target: "at most 1.5 ×", rows: linesOf("cpuMicros", "µs/delta", await inTurns(trials, runs)) };
}

async function deltasPerCpuSecond(
  seed: number,
  deltas: number,
  clients: number,
  slice: SliceOf,
  regions?: number,
): Promise<number> {
  const source = new ReadingSource(seed, regions);
  const cleanUp: (() => Promise<void> | void)[] = [];
  const store = await openStore("sqlite::memory:");
  cleanUp.push(() => store.close());
  try {
    await append(store, [encodeDeltaBuffer(readingSchema, source.creates())]);
    const { service } = await startService(store, config, { schema: readingSchema }, cleanUp);
    for (let client = 0; client < clients; client++) await register(store, service, client, slice(client));
    const rows = Array.from({ length: deltas }, () => encodeDeltaBuffer(readingSchema, [source.update()]));
    await append(store, rows);
    const start = process.cpuUsage();
    await readAll(store, service);
    const { user, system } = process.cpuUsage(start);
    return (deltas * 1e6) / (user + system);
  } finally {
    for (const step of cleanUp.reverse()) await step();
  }
}

function append(store: Store, rows: readonly Uint8Array[]): Promise<void> {
  return store.transaction(async (transaction) => {
    for (const row of rows) await store.log.append(transaction, row);
  });
}

async function register(store: Store, service: LiveDistService, client: number, topicsSlice: string): Promise<void> {
  const clientId = `c${client}`;
  await store.clients.add({ clientId, bitNumber: client });
  const { session } = await service.beginSession({ service: "BeginSession", clientId });
  const caller = { clientId, tracking: "registration", topicsSlice, session, command: 1 } as const;
  // It is registered when the answer begins.
  await service.fullLoad({ service: "FullLoad", ...caller }, new AbortController().signal);
}

async function readAll(store: Store, service: LiveDistService): Promise<void> {
  const { lastSequence } = await store.log.bounds();
  service.notify();
  while (service.status("delta")["sequence"] !== lastSequence) await new Promise((resolve) => setImmediate(resolve));
}
