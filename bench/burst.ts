import { startPostgresql } from "../test/support/postgresql-server.js";
import { BurstReplication } from "./burst-replication.js";
import { BurstSite, liveDistSide } from "./burst-live-dist.js";
import type { BurstSide } from "./burst-side.js";
import { newDatabase } from "./databases-postgresql.js";
import { sharedNowMs } from "./fan-out-deltas.js";
import { type BenchOptions, inTurns, linesOf, type Results, type Size, type Table, type Trial } from "./measure.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: how fast a burst of one-row transactions in PostgreSQL gets to subscribers that want a quarter of the rows each, beside
 * PostgreSQL's logical replication with a row filter, the same rows and transactions on both sides. A burst is a backlog, all
 * committed before anybody may read it (the row of the lease is locked; the processes that send are stopped), or is sent while it
 * is written by 8 connections. Time ends when the last subscriber holds the last change; what all hold is compared with what was
 * written. Figures are committed changes by the clock, and by the CPU time of the servers: the database's processes, and the
 * delta server's. What subscribers take of the processor is on a line of its own.
 *
 * A subscriber of logical replication is a database on a second PostgreSQL server, which writes to a table; one of LiveDist is
 * an Edge with a Replica, with its copy in memory or in an SQLite file. Both leave the disk to itself (synchronous_commit is off
 * for subscriptions, by default). The transactions of LiveDist's side append besides, which the burst that is written shows.
 *
 * Non-goals: how long a single change takes (databases); the first copy of a table.
 */

interface BurstPlan {
  readonly changes: number;
  readonly runs: number;
  readonly subscribers: readonly number[];
}

const plans: Record<Size, BurstPlan> = {
  full: { changes: 20_000, runs: 3, subscribers: [1, 10] },
  tiny: { changes: 16, runs: 1, subscribers: [2] },
};

const SETTINGS = [
  "wal_level=logical",
  "max_wal_senders=20",
  "max_replication_slots=40",
  "max_worker_processes=40",
  "max_logical_replication_workers=20",
  // Otherwise a subscription that is switched on again may wait for seconds.
  "wal_retrieve_retry_interval=10ms",
];

type Figure = "perSecond" | "perCpuSecond" | "perSubscriberCpuSecond";

export async function benchBurst({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const start = () => startPostgresql({ isDurable: true, settings: SETTINGS });
  const first = await start().catch((error: unknown) => String(error).split("\n", 1)[0]!);
  if (typeof first === "string") return [{ title: `left out: ${first}`, rows: [] }];
  // One server for each role, so that nobody reads what the others write; the tiny size makes do with one.
  const servers = [first];
  try {
    while (size === "full" && servers.length < 3) servers.push(await start());
    const [liveDist, publisher, subscriber] = size === "full" ? servers : [first, first, first];
    return await inTemporaryFolder((folder) =>
      measure({ liveDist: liveDist!.url, publisher: publisher!.url, subscriber: subscriber!.url }, folder, plan, seed),
    );
  } finally {
    for (const server of servers) await server.stop();
  }
}

interface ServerUrls {
  readonly liveDist: string;
  readonly publisher: string;
  readonly subscriber: string;
}

async function measure(urls: ServerUrls, folder: string, plan: BurstPlan, seed: number): Promise<Table[]> {
  const subscribersMax = Math.max(...plan.subscribers);
  const site = await BurstSite.open(await newDatabase(urls.liveDist, "site", []), subscribersMax, seed);
  const publisherUrl = await newDatabase(urls.publisher, "publisher", []);
  const replication = await BurstReplication.open(publisherUrl, urls.subscriber, subscribersMax, seed);
  const sides = [liveDistSide(site), liveDistSide(site, folder), replication];
  const tables: Table[] = [];
  try {
    for (const subscribers of plan.subscribers) {
      const to = `to ${subscribers} ${subscribers === 1 ? "subscriber" : "subscribers"}`;
      const changes = `${plan.changes.toLocaleString("en-US")} one-row changes`;
      const backlog = await inTurns(
        sides.map((side) => trial(side, subscribers, plan.changes, true)),
        plan.runs,
      );
      tables.push(...tablesOf(`a backlog of ${changes} ${to}`, backlog));
      const written = await inTurns(
        sides.slice(1).map((side) => trial(side, subscribers, plan.changes, false)),
        plan.runs,
      );
      tables.push(...tablesOf(`${changes} ${to} while they are written`, written));
    }
    return tables;
  } finally {
    await replication.close();
    await site.close();
  }
}

function trial(side: BurstSide, subscribers: number, changes: number, isBacklog: boolean): Trial<Figure> {
  return {
    name: side.name,
    async run() {
      await side.subscribe(subscribers);
      const burst = side.burst(changes);
      if (isBacklog) {
        await side.hold();
        await side.write(burst, false);
      }
      const [cpu, subscriberCpu] = [await side.cpuSeconds(), await side.subscriberCpuSeconds()];
      const arrived = side.arrived(burst);
      const startMs = sharedNowMs();
      await Promise.all([isBacklog ? side.release() : side.write(burst, true), arrived]);
      const seconds = ((await arrived) - startMs) / 1000;
      const cpuSeconds = (await side.cpuSeconds()) - cpu;
      const subscriberCpuSeconds = (await side.subscriberCpuSeconds()) - subscriberCpu;
      await side.unsubscribe();
      return {
        perSecond: changes / seconds,
        perCpuSecond: changes / cpuSeconds,
        perSubscriberCpuSecond: changes / subscriberCpuSeconds,
      };
    },
  };
}

function tablesOf(title: string, results: Results<Figure>): Table[] {
  const tables: Table[] = [
    { title, target: "LiveDist is ahead of logical replication", rows: linesOf("perSecond", "changes/s", results) },
    { title: `${title}: by the CPU time of the servers`, rows: linesOf("perCpuSecond", "changes/CPU-s", results) },
    {
      title: `${title}: by the CPU time of all subscribers`,
      rows: linesOf("perSubscriberCpuSecond", "changes/CPU-s", results),
    },
  ];
  // Not every system tells of the CPU time of other processes.
  return tables.filter(({ rows }) => rows.every(({ median }) => Number.isFinite(median)));
}
