import { atRate } from "./at-rate.js";
import { startChild } from "./child.js";
import type { BenchDatabase } from "./databases-application.js";
import { type Route, routeOverLiveDist, routeOverListen } from "./databases-routes.js";
import { CommitTimes } from "./commit-times.js";
import { ReadingSource } from "./fan-out-deltas.js";
import { type BenchOptions, inTurns, linesOf, quantile, type Size, type Table, type Trial } from "./measure.js";

/*
 * How long it takes from the return of COMMIT until an Edge in this process has the delta decoded, which came from a delta
 * server in a process of its own. That one is told by PostgreSQL alone (LISTEN/NOTIFY: the application calls nothing) or, on
 * SQLite, by the application's notifyDeltaServer over HTTP. Beside it what one would write by hand in PostgreSQL: a connection
 * in this process that LISTENs and SELECTs what stands behind the last row it has seen. With no server between it is the
 * floor; it is no alternative, as it passes over transactions that commit late.
 */

interface LatencyPlan {
  readonly runs: number;
  readonly perSecond: number;
  readonly seconds: number;
}

const plans: Record<Size, LatencyPlan> = {
  full: { runs: 5, perSecond: 200, seconds: 2 },
  tiny: { runs: 1, perSecond: 200, seconds: 0.1 },
};

export async function raceToEdge(databases: readonly BenchDatabase[], options: BenchOptions): Promise<Table[]> {
  const creates = new ReadingSource(options.seed).creates();
  // One process for all of them: they are measured in turns.
  const servers = startChild("./databases-server.js");
  const routes: Route[] = [];
  try {
    for (const database of databases) routes.push(await routeOverLiveDist(database, servers, creates));
    for (const database of databases) if (database.tellsOfCommits) routes.push(await routeOverListen(database));
    const tables: Table[] = [];
    for (const isDurable of [true, false]) {
      const alike = routes.filter(({ database }) => database.isDurable === isDurable);
      tables.push(
        ...(await raceRoutes(alike, isDurable ? "which wait for the disk" : "which do not wait for the disk", options)),
      );
    }
    return tables;
  } finally {
    for (const route of routes) await route.close();
    await servers.end();
  }
}

async function raceRoutes(routes: readonly Route[], how: string, { size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const source = new ReadingSource(seed);
  const trials = routes.map((route) => trial(route, source, plan));
  const results = await inTurns(trials, plan.runs);
  const what = `from the return of COMMIT to a decoded delta, ${plan.perSecond} commits/s, ${how}`;
  return [
    { title: `half arrive within, ${what}`, rows: linesOf("p50", "ms", results) },
    { title: `99 of 100 arrive within, ${what}`, rows: linesOf("p99", "ms", results) },
  ];
}

function trial(route: Route, source: ReadingSource, { perSecond, seconds }: LatencyPlan): Trial<"p50" | "p99"> {
  const count = perSecond * seconds;
  return {
    name: route.name,
    async run() {
      const times = new CommitTimes(count);
      route.arrived = (delta) => times.arrived(delta);
      await atRate(count, perSecond, async () => {
        const delta = source.update();
        await route.commit(delta);
        times.committed(delta);
        await route.tell();
      });
      const latenciesMs = await times.all();
      return { p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99) };
    },
  };
}
