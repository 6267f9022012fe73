import { performance } from "node:perf_hooks";
import Database from "better-sqlite3";
import { startSite } from "../src/site/start-site.js";
import { openStore } from "../src/store/open-store.js";
import type { SqlRow } from "../src/store/store.js";
import { Article, articleSchema, generatedArticles } from "./articles.js";
import { serveParent } from "./child.js";
import { connectPostgresql } from "./databases-postgresql.js";

/* The sites of site-load.ts, each in a process of its own; and what inserts their rows without a site. */

const ROWS_PER_COMMIT = 1_000;
const LOOK_MS = 5;

const common = { schema: articleSchema, topicsOf: () => ["all"], environment: {} };

serveParent({ startFather, loadSon, insertBare });

async function startFather(argument: unknown): Promise<string> {
  const { connectionString, count, seed } = argument as { connectionString: string; count: number; seed: number };
  const config = { LiveDistConnectionString: connectionString, LiveDistPort: "0", LiveDistSiteId: "father" };
  const site = await startSite({ ...common, config: { ...config, LiveDistSons: "son" } });
  for await (const articles of generatedArticles(count, seed)) {
    await site.entities.transaction(async (unit) => {
      for (const { techId, fields } of articles) await unit.create(Article, fields, { techId });
    });
  }
  return site.server.url;
}

/** What something took: milliseconds on the clock, and seconds of this process's CPU time. */
export interface Taken {
  readonly ms: number;
  readonly cpuSeconds: number;
}

/** Begins to measure; gives what ends it. */
function taking(): () => Taken {
  const [start, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - start, cpuSeconds: (user + system) / 1e6 };
  };
}

/** Starts a site on an empty database and waits until it has all of its father. */
async function loadSon(argument: unknown): Promise<Taken> {
  const { connectionString, father, count } = argument as { connectionString: string; father: string; count: number };
  const end = taking();
  const site = await startSite({
    ...common,
    config: {
      LiveDistConnectionString: connectionString,
      LiveDistPort: "0",
      LiveDistSiteId: "son",
      LiveDistFatherServers: father,
      LiveDistFatherTopicsSlice: "all",
    },
  });
  while (site.links[0]?.state !== "live") await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  const taken = end();
  let held = 0;
  for await (const techIds of site.entities.techIds()) held += techIds.length;
  await site.close();
  if (held !== count) throw new Error(`the son holds ${held} entities instead of ${count}`);
  return taken;
}

/** Inserts the rows that a son has into a table of their own. */
async function insertBare(argument: unknown): Promise<Taken> {
  const { connectionString } = argument as { connectionString: string };
  const store = await openStore(connectionString);
  const rows: SqlRow[] = [];
  await store.snapshot(async (snapshot) => {
    for await (const some of snapshot.stream(`SELECT * FROM "Article"`)) for (const row of some) rows.push(row);
  });
  await store.close();
  const [scheme, path = ""] = connectionString.split(/:(.*)/s);
  return scheme === "sqlite" ? insertBareSqlite(path, rows) : insertBarePostgresql(connectionString, rows);
}

function insertBareSqlite(path: string, rows: readonly SqlRow[]): Taken {
  const database = new Database(path);
  const [{ sql }] = database.prepare("SELECT sql FROM sqlite_master WHERE name = 'Article'").all() as [{ sql: string }];
  database.exec(sql.replace("Article", "Bare"));
  const insert = database.prepare(`INSERT INTO "Bare" VALUES (${markersOf(rows[0]!, () => "?")})`);
  const end = taking();
  for (let at = 0; at < rows.length; at += ROWS_PER_COMMIT) {
    database.transaction(() => {
      for (const row of rows.slice(at, at + ROWS_PER_COMMIT)) insert.run(Object.values(row));
    })();
  }
  const taken = end();
  database.close();
  return taken;
}

async function insertBarePostgresql(url: string, rows: readonly SqlRow[]): Promise<Taken> {
  const client = await connectPostgresql(url);
  await client.query(`CREATE TABLE "Bare" (LIKE "Article" INCLUDING ALL)`);
  const end = taking();
  for (let at = 0; at < rows.length; at += ROWS_PER_COMMIT) {
    const some = rows.slice(at, at + ROWS_PER_COMMIT);
    let marker = 0;
    const lists = some.map((row) => `(${markersOf(row, () => `$${++marker}`)})`);
    const text = `INSERT INTO "Bare" VALUES ${lists.join(", ")}`;
    await client.query({ name: `bare${some.length}`, text, values: some.flatMap((row) => Object.values(row)) });
  }
  const taken = end();
  await client.end();
  return taken;
}

function markersOf(row: SqlRow, marker: () => string): string {
  return Object.keys(row).map(marker).join(", ");
}
