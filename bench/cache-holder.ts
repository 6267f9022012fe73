import Database from "better-sqlite3";
import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ByteReader } from "../src/base/byte-reader.js";
import { ByteWriter } from "../src/base/byte-writer.js";
import { Cache } from "../src/cache-server/cache.js";
import { writeDelta } from "../src/delta/delta-codec.js";
import { readEncodedDelta, type EncodedDelta } from "../src/delta/encoded-delta.js";
import { Entities } from "../src/entities/entities.js";
import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import { serverPath } from "../src/wire/requests.js";
import { Article, articleSchema, generatedArticles } from "./articles.js";
import { serveParent } from "./child.js";
import { below, seededRandom } from "./random.js";

/* The processes of cache.ts: each holds or reads the same entities in its own way, and pays for no other's garbage. */

export interface Articles {
  readonly count: number;
  readonly seed: number;
}

/** What it took until all entities were there. */
export interface Filled {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** By how much the process grew, at least 1: for few entities it need not. */
  readonly grownBytes: number;
  /** Bytes of the entities themselves. */
  readonly entityBytes: number;
}

const CHANGES = 1_000;
/** What has to stay in memory. */
const kept: unknown[] = [];
let partials: (() => void) | undefined;

serveParent({
  create: (argument) => create(argument as Articles & { path: string }),
  boot: (path) => boot(path as string),
  select: (path) => select(path as string),
  fillMap: (path) => fillMap(path as string),
  fillCache: (argument) => fillCache(argument as Articles),
  applyPartials: (ms) => applyPartials(ms as number),
});

/** Makes a database whose table of entities is full. */
async function create({ path, count, seed }: Articles & { path: string }): Promise<void> {
  const store = await openStore(`sqlite:${path}`);
  await store.clients.add({ clientId: "bench", bitNumber: 0 });
  await entitiesOf(store).transaction((unit) => unit.create(Article, { title: "the first" }));
  await store.close();
  const database = new Database(path);
  const insert = database.prepare(
    `INSERT INTO Article (TechId, Topics, UpdateTime, InCache, Versions, title, text, stock, price) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)`,
  );
  database.exec("BEGIN; DELETE FROM Article");
  for await (const batch of generatedArticles(count, seed)) {
    for (const { techId, topics, updateTime, fields } of batch) {
      const ms = BigInt(updateTime.getTime());
      const { title, text, stock, price } = fields as { title: string; text: string; stock: number; price: number };
      insert.run(techId, `,${topics.join(",")},`, ms, `[${ms},0,""]`, title, text, BigInt(stock), price);
    }
  }
  database.exec("COMMIT");
  database.close();
}

/** Starts a server on it, as an application does. */
async function boot(path: string): Promise<Filled> {
  const store = await openStore(`sqlite:${path}`);
  const options = { config: { LiveDistPort: "0" }, schema: articleSchema, store, environment: {} };
  return filled(async () => {
    const server = await startLiveDist({ ...options, reader: entitiesOf(store) });
    kept.push(server);
    const status = (await (await fetch(server.url + serverPath("1", "cache"))).json()) as { entityBytes: number };
    return status.entityBytes;
  });
}

/** Reads the rows and drops them. */
function select(path: string): Promise<Filled> {
  const database = new Database(path, { readonly: true });
  return filled(() => {
    let rows = 0;
    for (const row of database.prepare("SELECT * FROM Article").iterate()) rows += row === undefined ? 0 : 1;
    return rows;
  });
}

/** Holds each entity, encoded, as a Buffer in a Map by its tech-id. */
async function fillMap(path: string): Promise<Filled> {
  const store = await openStore(`sqlite:${path}`);
  const map = new Map<string, Buffer>();
  kept.push(map);
  return filled(() =>
    store.snapshot(async (snapshot) => {
      const writer = new ByteWriter();
      let bytes = 0;
      for await (const batch of entitiesOf(store).readAll(snapshot)) {
        for (const delta of batch) {
          writer.reset();
          writeDelta(writer, articleSchema, delta);
          map.set(delta.techId, Buffer.from(writer.view()));
          bytes += writer.length;
        }
      }
      return bytes;
    }),
  );
}

/** Fills a cache without a server, and makes changes of one field of random entities. */
async function fillCache({ count, seed }: Articles): Promise<void> {
  const random = seededRandom(seed);
  const cache = new Cache(random);
  const techIds: string[] = [];
  for await (const batch of generatedArticles(count, seed)) {
    for (const delta of batch) {
      techIds.push(delta.techId);
      cache.apply({ encoded: encode(delta), schema: articleSchema }, 1);
    }
  }
  const updateTime = new Date(Date.UTC(2026, 1, 1));
  const changes = Array.from({ length: Math.min(count, 100_000) }, () => {
    const techId = techIds[below(random, count)]!;
    const fields = { stock: below(random, 1_000) };
    return { encoded: encode(Article.delta({ oper: "PARTIAL", techId, updateTime, topics: ["all"], fields })) };
  });
  let at = 0;
  partials = () => {
    for (let left = CHANGES; left > 0; left--) {
      const { encoded } = changes[at++ % changes.length]!;
      cache.apply({ encoded, schema: articleSchema }, 2);
    }
  };
}

/** Gives changes per second of CPU time. */
function applyPartials(ms: number): number {
  const end = performance.now() + ms;
  const before = process.cpuUsage();
  let done = 0;
  do {
    partials!();
    done += CHANGES;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return (done * 1e6) / (user + system);
}

function encode(delta: Parameters<typeof writeDelta>[2]): EncodedDelta {
  const writer = new ByteWriter();
  writeDelta(writer, articleSchema, delta);
  return readEncodedDelta(new ByteReader(writer.copy()));
}

function entitiesOf(store: Store): Entities {
  return new Entities(store, articleSchema, { topicsOf: () => ["all"] });
}

async function filled(fill: () => number | Promise<number>): Promise<Filled> {
  const before = grownTo();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const entityBytes = await fill();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6, grownBytes: Math.max(1, grownTo() - before), entityBytes };
}

/** Gives the memory that the process takes of the machine, when what is not in use has been given back. */
function grownTo(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the first one finds of typed arrays is given back by the second.
  collect();
  collect();
  return process.memoryUsage().rss;
}
