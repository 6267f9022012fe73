import { join } from "node:path";
import { startPostgresql } from "../test/support/postgresql-server.js";
import { startChild } from "./child.js";
import { connectPostgresql } from "./databases-postgresql.js";
import { type BenchOptions, linesOf, type Results, type Table } from "./measure.js";
import type { Taken } from "./site-load-site.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: how fast a new son loads everything from its father, from its start until it is live, beside the same rows INSERTed
 * into a table like the son's without any site: 1,000 in a transaction, by one prepared statement in SQLite, by one statement
 * with 1,000 rows in PostgreSQL. Father and son are real sites in processes of their own; the CPU time is the son's, in
 * PostgreSQL without that of the database's server.
 *
 * Non-goals: what the father's side of a load can give (full-load.ts); networks. The son has to decode, merge, version and log
 * what it takes, and its own servers read it from the log into their cache: that all stands beside a bare INSERT.
 */

interface LoadPlan {
  readonly entities: number;
  readonly runs: number;
}

type Figure = "speed" | "cpuSpeed";

const plans: Record<BenchOptions["size"], LoadPlan> = {
  full: { entities: 100_000, runs: 3 },
  tiny: { entities: 50, runs: 1 },
};

/** Gives the connection string of a new empty database. */
type NewDatabase = () => Promise<string>;

export async function benchSiteLoad(options: BenchOptions): Promise<Table[]> {
  return inTemporaryFolder(async (folder) => {
    let count = 0;
    const sqlite = () => Promise.resolve(`sqlite:${join(folder, `site${++count}.db`)}`);
    const father = startChild("./site-load-site.js");
    try {
      const { entities } = plans[options.size];
      const argument = { connectionString: await sqlite(), count: entities, seed: options.seed };
      const url = (await father.call("startFather", argument)) as string;
      const tables = await measure("SQLite", sqlite, url, options);
      return [...tables, ...(await onPostgresql(url, options))];
    } finally {
      await father.end();
    }
  });
}

async function onPostgresql(father: string, options: BenchOptions): Promise<Table[]> {
  const server = await startPostgresql({ isDurable: true }).catch((error: unknown) => String(error).split("\n", 1)[0]!);
  if (typeof server === "string") return [{ title: `PostgreSQL is left out: ${server}`, rows: [] }];
  let count = 0;
  try {
    return await measure("PostgreSQL", () => createDatabase(server.url, `son${++count}`), father, options);
  } finally {
    await server.stop();
  }
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = await connectPostgresql(serverUrl);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return Object.assign(new URL(serverUrl), { pathname: name }).href;
}

async function measure(
  database: string,
  newDatabase: NewDatabase,
  father: string,
  { size }: BenchOptions,
): Promise<Table[]> {
  const { entities, runs } = plans[size];
  const son: Record<Figure, number>[] = [];
  const bare: Record<Figure, number>[] = [];
  for (let run = 0; run < runs; run++) {
    const connectionString = await newDatabase();
    son.push(await timed("loadSon", { connectionString, father, count: entities }, entities));
    bare.push(await timed("insertBare", { connectionString }, entities));
  }
  const results: Results<Figure> = [
    { name: "a site loads from its father", runs: son },
    { name: "bare INSERT of the same rows", runs: bare },
  ];
  const what = `${database}: ${entities.toLocaleString("en-US")} entities come to a new site`;
  return [
    { title: what, rows: linesOf("speed", "entities/s", results) },
    { title: `${what}: by the CPU time of its process`, rows: linesOf("cpuSpeed", "entities/CPU-s", results) },
  ];
}

/** Runs a command in a process of its own, which begins as a site does. */
async function timed(command: string, argument: unknown, entities: number): Promise<Record<Figure, number>> {
  const child = startChild("./site-load-site.js");
  try {
    const { ms, cpuSeconds } = (await child.call(command, argument)) as Taken;
    return { speed: (entities * 1_000) / ms, cpuSpeed: entities / cpuSeconds };
  } finally {
    await child.end();
  }
}
