import { join } from "node:path";
import type { Articles, Filled } from "./cache-holder.js";
import { startChild } from "./child.js";
import { besideLast, type BenchOptions, planOf, race, type Row, rowOf, type Table } from "./measure.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: how fast a server fills its cache from the table that Entities keeps in SQLite, beside reading the same rows alone;
 * what the cache takes of the machine's memory, beside a Map of Buffers; how long a change of one field takes there. Boot is
 * that of a whole server, from its start to its first answer.
 *
 * Non-goals: other databases, which are slower to read; entities with parts, which take a statement for each 250 of them; cold
 * files: the database has just been written, so that it is read from memory.
 *
 * Each holder has a process of its own, a new one for each run.
 */

interface Plan extends Articles {
  readonly runs: number;
}

type Fill = "boot" | "fillMap" | "select";

export async function benchCache({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan: Plan = size === "full" ? { count: 1_000_000, runs: 3, seed } : { count: 500, runs: 1, seed };
  const { booting, holding } = await inTemporaryFolder(async (folder) => {
    const path = join(folder, "articles.db");
    await withHolder((call) => call("create", { path, ...plan }));
    return compareFilling(path, plan);
  });
  const what = `${plan.count.toLocaleString("en-US")} entities`;
  return [
    {
      title: `filling a cache with ${what} from SQLite, by the CPU time`,
      target: "at least 200,000 entities/s",
      rows: booting,
    },
    {
      title: `memory of a process that holds ${what}, for each byte of them encoded`,
      target: "at most 1.6",
      rows: holding,
    },
    {
      title: `changing one field of one of ${what} in a cache, by the CPU time`,
      target: "at least 333,000 changes/CPU-s",
      rows: await changing(plan, size),
    },
  ];
}

async function compareFilling(path: string, { runs, count }: Plan): Promise<{ booting: Row[]; holding: Row[] }> {
  const results: Record<Fill, Filled[]> = { boot: [], fillMap: [], select: [] };
  for (let run = 0; run < runs; run++) {
    for (const fill of ["boot", "fillMap", "select"] as const)
      results[fill].push((await withHolder((call) => call(fill, path))) as Filled);
  }
  const speed = (name: string, fill: Fill): Row =>
    rowOf(
      name,
      "entities/CPU-s",
      results[fill].map(({ cpuSeconds }) => count / cpuSeconds),
    );
  const memory = (name: string, fill: Fill): Row =>
    rowOf(
      name,
      "bytes/byte",
      results[fill].map(({ grownBytes, entityBytes }) => grownBytes / entityBytes),
    );
  return {
    booting: besideLast([
      speed("LiveDist, from start to first answer", "boot"),
      speed("better-sqlite3, SELECT *", "select"),
    ]),
    holding: besideLast([memory("LiveDist, a whole server", "boot"), memory("Map of Buffers by tech-id", "fillMap")]),
  };
}

function changing({ count, seed }: Plan, size: BenchOptions["size"]): Promise<Row[]> {
  return withHolder(async (call) => {
    await call("fillCache", { count, seed });
    const run = (ms: number): Promise<number> => call("applyPartials", ms) as Promise<number>;
    return race("changes/CPU-s", [{ name: "Cache.apply of a PARTIAL", run }], planOf(size));
  });
}

async function withHolder<T>(
  work: (call: (command: string, argument: unknown) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const child = startChild("./cache-holder.js");
  try {
    return await work((command, argument) => child.call(command, argument));
  } finally {
    await child.end();
  }
}
