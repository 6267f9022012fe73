import { startSite } from "../src/site/start-site.js";
import type { Site } from "../src/site/site.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import type { Position } from "../src/wire/requests.js";
import { Article, articleSchema } from "./articles.js";
import { atRate } from "./at-rate.js";
import { serveParent } from "./child.js";
import { seededGuid, seededRandom } from "./random.js";

/* A site of tree.ts, in a process of its own, with the application that writes there. */

export interface TreeSite {
  readonly connectionString: string;
  readonly siteId: string;
  readonly sons: readonly string[];
  /** The father's URL, and what the site takes of it. */
  readonly father?: { readonly url: string; readonly topicsSlice: string };
}

export interface TreeChanges {
  /** The topic of what changes. */
  readonly topic: string;
  readonly count: number;
  readonly perSecond: number;
}

/** The last of some changes, by which it can be told whether they have all arrived. */
export interface LastChange {
  readonly techId: string;
  readonly stock: number;
}

/** The ClientId of edges. */
export const EDGES = "edges";

const LOOK_MS = 2;

let site: Site;
let store: Store;
let stock = 0;
const written = new Map<string, readonly string[]>();

serveParent({
  start: (argument) => start(argument as TreeSite),
  whenLive,
  create: (argument) => create(argument as { topic: string; count: number; seed: number }),
  change: (argument) => change(argument as TreeChanges),
  arrived: (argument) => arrived(argument as LastChange),
  position,
  url: () => site.server.url,
});

async function start({ connectionString, siteId, sons, father }: TreeSite): Promise<string> {
  store = await openStore(connectionString);
  await store.clients.add({ clientId: EDGES, bitNumber: 63 });
  site = await startSite({
    schema: articleSchema,
    topicsOf: ({ fields }) => [String(fields["title"])],
    environment: {},
    config: {
      LiveDistConnectionString: connectionString,
      LiveDistPort: "0",
      LiveDistSiteId: siteId,
      ...(sons.length > 0 && { LiveDistSons: sons.join(",") }),
      ...(father && { LiveDistFatherServers: father.url, LiveDistFatherTopicsSlice: father.topicsSlice }),
    },
  });
  return site.server.url;
}

async function whenLive(): Promise<void> {
  while (site.links.some(({ state }) => state !== "live")) await look();
}

/** Writes entities of a topic, one transaction for all; gives the last. */
async function create({ topic, count, seed }: { topic: string; count: number; seed: number }): Promise<LastChange> {
  const random = seededRandom(seed);
  const techIds = Array.from({ length: count }, () => seededGuid(random));
  await site.entities.transaction(async (unit) => {
    for (const techId of techIds)
      await unit.create(Article, { title: topic, text: "x".repeat(200), stock, price: 1 }, { techId });
  });
  written.set(topic, techIds);
  return { techId: techIds.at(-1)!, stock };
}

/** Changes one entity after the other, a transaction each; gives the last change. */
async function change({ topic, count, perSecond }: TreeChanges): Promise<LastChange> {
  const techIds = written.get(topic)!;
  let techId = techIds[0]!;
  await atRate(count, perSecond, async () => {
    techId = techIds[++stock % techIds.length]!;
    await site.entities.transaction((unit) => unit.update(Article, techId, { stock }));
  });
  return { techId, stock };
}

async function arrived({ techId, stock }: LastChange): Promise<void> {
  while ((await site.entities.get(Article, techId))?.fields.stock !== stock) await look();
}

async function position(): Promise<Position> {
  const { epoch, lastSequence } = await store.log.bounds();
  return { epoch, sequence: lastSequence };
}

function look(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
