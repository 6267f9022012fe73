import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { httpNotifier } from "../src/entities/notifier.js";
import { Reception } from "../src/entities/reception.js";
import { openStore } from "../src/store/open-store.js";
import { atRate } from "./at-rate.js";
import { type Child, startChild } from "./child.js";
import type { Arrival, Readers } from "./commit-to-edge-edges.js";
import type { BenchSite } from "./databases-application.js";
import type { ServedDatabase } from "./databases-server.js";
import { sqliteDatabases } from "./databases-sqlite.js";
import { readingSchema, ReadingSource, sharedNowMs } from "./fan-out-deltas.js";
import { type BenchOptions, inTurns, linesOf, quantile, type Size, type Table, type Trial } from "./measure.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: how long a reader waits for what an application has committed to SQLite: from the return of COMMIT until an Edge has the
 * delta decoded, at 200 transactions a second, with one Edge and with 50 that want all of it. Three processes: the application
 * (this one), which writes the file itself and notifies over HTTP; the delta server; the edges. Beside it what one would write
 * by hand: a server that is told in the same way, SELECTs the new rows and sends each to every WebSocket.
 *
 * Non-goals: a network between them; how many edges a server can serve (fan-out); PostgreSQL (databases).
 */

interface LatencyPlan {
  readonly runs: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly readers: readonly number[];
}

const plans: Record<Size, LatencyPlan> = {
  full: { runs: 7, perSecond: 200, seconds: 2, readers: [1, 50] },
  tiny: { runs: 1, perSecond: 200, seconds: 0.1, readers: [2] },
};

const TARGETS = new Map([
  [1, "half within 2 ms, 99 of 100 within 15 ms"],
  [50, "half within 4 ms, 99 of 100 within 15 ms"],
]);

/** A way from a commit to the readers. */
interface Route {
  readonly name: string;
  connect(count: number): Promise<void>;
  /** Resolves when COMMIT has returned. */
  commit(delta: DeltaObject): Promise<void>;
  tell(): Promise<void>;
  close(): Promise<void>;
}

export async function benchCommitToEdge({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  return inTemporaryFolder(async (folder) => {
    const [database] = sqliteDatabases(folder);
    const readers = startChild("./commit-to-edge-edges.js");
    const source = new ReadingSource(seed);
    const routes = [
      await routeOverLiveDist(await database!.create(), readers, source),
      await routeByHand(await database!.create(), readers),
    ];
    const tables: Table[] = [];
    try {
      for (const count of plan.readers) {
        const results = await inTurns(
          routes.map((route) => trial(route, readers, count, source, plan)),
          plan.runs,
        );
        const what = `from the return of COMMIT to a decoded delta, ${plan.perSecond} commits/s, ${count} ${count === 1 ? "edge" : "edges"}`;
        const target = TARGETS.get(count);
        tables.push(
          { title: `half arrive within, ${what}`, ...(target && { target }), rows: linesOf("p50", "ms", results) },
          { title: `99 of 100 arrive within, ${what}`, rows: linesOf("p99", "ms", results) },
        );
      }
      return tables;
    } finally {
      for (const route of routes) await route.close();
      await readers.end();
    }
  });
}

function trial(
  route: Route,
  readers: Child,
  count: number,
  source: ReadingSource,
  { perSecond, seconds }: LatencyPlan,
): Trial<"p50" | "p99"> {
  const commits = perSecond * seconds;
  return {
    name: route.name,
    async run() {
      await route.connect(count);
      const committedMs = new Map<number, number>();
      await atRate(commits, perSecond, async () => {
        const delta = source.update();
        await route.commit(delta);
        committedMs.set((delta.fields as { sentAtMs: number }).sentAtMs, sharedNowMs());
        await route.tell();
      });
      const arrivals = (await readers.call("arrived", commits * count)) as Arrival[];
      await readers.call("disconnect");
      const latenciesMs = arrivals.map(([sentAtMs, arrivedMs]) => arrivedMs - committedMs.get(sentAtMs)!);
      latenciesMs.sort((a, b) => a - b);
      return { p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99) };
    },
  };
}

async function routeOverLiveDist(site: BenchSite, readers: Child, source: ReadingSource): Promise<Route> {
  const { connectionString, options } = site;
  const server = startChild("./databases-server.js");
  const url = (await server.call("start", { connectionString, options } satisfies ServedDatabase)) as string;
  const store = await openStore(connectionString, options);
  const reception = new Reception(store, readingSchema, { notifier: httpNotifier(url) });
  const connection = await site.connect();
  await connection.commit(() => reception.append(connection.handle, source.creates()));
  await reception.notifyDeltaServer();
  return {
    name: "LiveDist",
    async connect(count) {
      await readers.call("connectEdges", { url, count } satisfies Readers);
    },
    commit: (delta) => connection.commit(() => reception.append(connection.handle, [delta])),
    tell: () => reception.notifyDeltaServer(),
    async close() {
      await server.end();
      await connection.close();
      await store.close();
    },
  };
}

async function routeByHand(site: BenchSite, readers: Child): Promise<Route> {
  const server = startChild("./commit-to-edge-plain.js");
  const path = site.connectionString.slice("sqlite:".length);
  const url = (await server.call("start", path)) as string;
  const connection = await site.connect();
  return {
    name: "written by hand",
    async connect(count) {
      await readers.call("connectPlain", { url, count } satisfies Readers);
    },
    commit: (delta) => connection.commit(() => connection.insertBare(encodeDeltaBuffer(readingSchema, [delta]))),
    async tell() {
      await (await fetch(url, { method: "POST" })).body?.cancel();
    },
    async close() {
      await server.end();
      await connection.close();
    },
  };
}
