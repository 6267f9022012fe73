import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import type { Random } from "../src/base/random.js";
import { Reception } from "../src/entities/reception.js";
import type { IDeltaObjectsReader } from "../src/plugs/delta-objects-reader.js";
import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import { Article, articleSchema, generatedArticles } from "./articles.js";
import { atRate } from "./at-rate.js";
import { serveParent } from "./child.js";
import { seededGuid, seededRandom } from "./random.js";

/* The server side of full-load.ts: LiveDist, or a plain server of the same bytes; each in a process of its own. */

/** As large as LiveDist's own pieces. */
const CHUNK_BYTES = 128 * 1024;

serveParent({ startLiveDist: start, writeLive, startPlain });

let site: { readonly store: Store; readonly reception: Reception; readonly random: Random };

async function start(argument: unknown): Promise<string> {
  const { count, seed } = argument as { count: number; seed: number };
  const store = await openStore("sqlite::memory:");
  site = { store, reception: new Reception(store, articleSchema), random: seededRandom(seed + 1) };
  await store.clients.add({ clientId: "bench", bitNumber: 0 });
  const reader: IDeltaObjectsReader = { readAll: () => generatedArticles(count, seed) };
  const config = { LiveDistPort: "0" };
  const server = await startLiveDist({ config, schema: articleSchema, reader, store, environment: {} });
  return server.url;
}

/** Commits entities that no load selects; each says when it was made. */
async function writeLive(argument: unknown): Promise<void> {
  const { count, perSecond } = argument as { count: number; perSecond: number };
  const { store, reception, random } = site;
  await atRate(count, perSecond, async () => {
    const fields = { price: performance.timeOrigin + performance.now() };
    const what = { oper: "CREATE", techId: seededGuid(random), updateTime: new Date(), topics: ["live"] } as const;
    await store.transaction((transaction) => reception.append(transaction, [Article.delta({ ...what, fields })]));
    await reception.notifyDeltaServer();
  });
}

/** Fetches an answer of LiveDist once and serves its bytes from then on. */
async function startPlain(argument: unknown): Promise<string> {
  const { url, request } = argument as { url: string; request: string };
  const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: request });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const server = createServer((_request, response) => void stream(bytes, response));
  return listen(server);
}

async function stream(bytes: Uint8Array, response: ServerResponse): Promise<void> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    if (!response.write(bytes.subarray(at, at + CHUNK_BYTES))) await once(response, "drain");
  }
  response.end();
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
