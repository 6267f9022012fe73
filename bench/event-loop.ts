import { join } from "node:path";
import { httpNotifier } from "../src/entities/notifier.js";
import { Reception } from "../src/entities/reception.js";
import { openStore } from "../src/store/open-store.js";
import { atRate } from "./at-rate.js";
import { type Child, startChild } from "./child.js";
import { loopSchema, reading } from "./event-loop-readings.js";
import type { Delays, LoopServer } from "./event-loop-server.js";
import { besideLast, type BenchOptions, rowOf, type Size, type Table } from "./measure.js";
import { below, seededRandom } from "./random.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: how late the event loop of a delta server is that holds millions of entities while thousands of them change each second:
 * what garbage, growing tables and timers cost everybody who waits. SQLite, an application in a process of its own (this one) with
 * transactions of ten one-row deltas, and a son that is registered on every entity and reads all. Beside it the same server idle,
 * and while the son loads.
 *
 * Non-goals: how many changes a server can take (registered-deltas, fan-out); how long filling takes.
 */

interface LoopPlan {
  readonly entities: number;
  readonly idleSeconds: number;
  readonly seconds: number;
}

const plans: Record<Size, LoopPlan> = {
  full: { entities: 5_000_000, idleSeconds: 20, seconds: 60 },
  tiny: { entities: 2_000, idleSeconds: 0.1, seconds: 0.2 },
};

const DELTAS = 10;
const TRANSACTIONS_PER_SECOND = 500;
const SON = "son";

export async function benchEventLoop({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const server = startChild("./event-loop-server.js");
  const son = startChild("./event-loop-son.js");
  try {
    return await inTemporaryFolder(async (folder) => {
      const connectionString = `sqlite:${join(folder, "site.db")}`;
      const { entities } = plan;
      const url = (await server.call("start", { connectionString, entities, son: SON } satisfies LoopServer)) as string;
      const loading = await watched(server, () => son.call("load", { url, clientId: SON }));
      const idle = await watched(server, () => new Promise((resolve) => setTimeout(resolve, plan.idleSeconds * 1000)));
      const changing = await watched(server, () => change(connectionString, url, seed, plan));
      await receivedAll(son, plan);
      return tablesOf(plan, changing, loading, idle);
    });
  } finally {
    await son.end();
    await server.end();
  }
}

/** Gives how late the server's event loop was during some work. */
async function watched(server: Child, work: () => Promise<unknown>): Promise<Delays> {
  await server.call("watch");
  await work();
  return (await server.call("watched")) as Delays;
}

async function change(connectionString: string, url: string, seed: number, plan: LoopPlan): Promise<void> {
  const random = seededRandom(seed);
  const store = await openStore(connectionString, { synchronous: "normal" });
  const reception = new Reception(store, loopSchema, { notifier: httpNotifier(url) });
  try {
    await atRate(transactionsOf(plan), TRANSACTIONS_PER_SECOND, async () => {
      const deltas = Array.from({ length: DELTAS }, () => reading("UPDATE", below(random, plan.entities)));
      await store.transaction((transaction) => reception.append(transaction, deltas));
      void reception.notifyDeltaServer();
    });
    await reception.notifyDeltaServer();
  } finally {
    await store.close();
  }
}

function transactionsOf({ seconds }: LoopPlan): number {
  return Math.round(seconds * TRANSACTIONS_PER_SECOND);
}

/** What the server has been late with does not count as done. */
async function receivedAll(son: Child, plan: LoopPlan): Promise<void> {
  const due = transactionsOf(plan) * DELTAS;
  while (((await son.call("received")) as number) < due) await new Promise((resolve) => setTimeout(resolve, 10));
}

function tablesOf({ entities, seconds }: LoopPlan, changing: Delays, loading: Delays, idle: Delays): Table[] {
  const many = entities.toLocaleString("en-US");
  const perSecond = (TRANSACTIONS_PER_SECOND * DELTAS).toLocaleString("en-US");
  const rowsOf = (figure: keyof Delays) =>
    besideLast([
      rowOf(`${perSecond} changes/s for ${seconds} s`, "ms", [changing[figure]]),
      rowOf("while a son loads and is registered on all", "ms", [loading[figure]]),
      rowOf("idle", "ms", [idle[figure]]),
    ]);
  return [
    {
      title: `99.9 % of the event loop's turns are late by at most, ${many} entities`,
      target: "under 25 ms with changes",
      rows: rowsOf("p999"),
    },
    { title: `the longest delay, ${many} entities`, rows: rowsOf("longest") },
  ];
}
