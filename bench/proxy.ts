import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import type { HttpStream, IHttpClient } from "../src/plugs/http-client.js";
import { type LiveDistServer, startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import type { Request } from "../src/wire/requests.js";
import { Article, articleSchema, generatedArticles } from "./articles.js";
import { besideLast, type BenchOptions, rowOf, type Table } from "./measure.js";
import { below, pick, seededRandom } from "./random.js";

/*
 * Goals: the bytes that come from the center to a proxy, for its first load and for each change at the center, where the proxy
 * receives everything and where it receives by topics (guide §8.3), with edges that together use 1, 10 and 50 of 100 topics. Beside
 * what these edges would take from the center themselves, each for itself, without a proxy.
 *
 * Non-goals: time; what HTTP and TCP add. Bytes are those of the answers' frames. They differ little from run to run.
 */

interface ProxyPlan {
  readonly entities: number;
  readonly changes: number;
}

const plans: Record<BenchOptions["size"], ProxyPlan> = {
  full: { entities: 20_000, changes: 2_000 },
  tiny: { entities: 200, changes: 20 },
};

const used = [1, 10, 50];

interface Bytes {
  readonly load: number;
  readonly changes: number;
}

export async function benchProxy({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const tables: Table[] = [];
  for (const topics of used) {
    const shelves = Array.from({ length: topics }, (_, at) => `shelf${at}`);
    const results = [
      { name: "a proxy that receives everything", bytes: await measure(plan, seed, shelves, "everything") },
      { name: "a proxy that receives by topics", bytes: await measure(plan, seed, shelves, "topics") },
      { name: "no proxy: every edge for itself", bytes: await measure(plan, seed, shelves, "none") },
    ];
    const what = `${topics} edges, each of another one of 100 topics`;
    const line = (figure: keyof Bytes, per: number, unit: string) =>
      besideLast(results.map(({ name, bytes }) => rowOf(name, unit, [bytes[figure] / per])));
    tables.push(
      { title: `bytes from the center for the first load: ${what}`, rows: line("load", 1_000, "kB") },
      { title: `bytes from the center for each change: ${what}`, rows: line("changes", plan.changes, "bytes/change") },
    );
  }
  return tables;
}

async function measure(
  { entities, changes }: ProxyPlan,
  seed: number,
  shelves: readonly string[],
  kind: "everything" | "topics" | "none",
): Promise<Bytes> {
  const store = await openStore("sqlite::memory:");
  const counting: CountingClient[] = [];
  const count = (client: IHttpClient): IHttpClient => {
    const one = new CountingClient(client);
    counting.push(one);
    return one;
  };
  const bytes = (): number => counting.reduce((sum, one) => sum + one.bytes, 0);
  const [center, held] = await startCenter(store, entities, seed);
  const proxy = kind === "none" ? undefined : await startProxy(center.url, kind, count);
  const edges = shelves.map((shelf) => {
    const client = new HttpClient({ clientId: "edge", servers: [(proxy ?? center).url] });
    return { shelf, edge: new Edge(proxy ? client : count(client), { schema: articleSchema }) };
  });
  for (const { shelf, edge } of edges) {
    const load = await whenLoaded(() => edge.fullLoad(shelf));
    for await (const entities of load.batches()) entities.at(0);
  }
  const load = bytes();
  const end = await change(store, held, changes, seed);
  for (const { edge } of edges) while (edge.sequence < end) await edge.fetchDeltas({ waitMsMax: 5 });
  const result = { load, changes: bytes() - load };
  for (const { edge } of edges) await edge.close();
  await proxy?.close();
  await center.close();
  await store.close();
  return result;
}

async function startCenter(
  store: Store,
  entities: number,
  seed: number,
): Promise<[server: LiveDistServer, held: DeltaObject[]]> {
  const held: DeltaObject[] = [];
  for (const [at, clientId] of ["proxy", "edge"].entries()) await store.clients.add({ clientId, bitNumber: at });
  for await (const batch of generatedArticles(entities, seed)) {
    held.push(...batch);
    await store.transaction((transaction) => store.log.append(transaction, encodeDeltaBuffer(articleSchema, batch)));
  }
  const config = { LiveDistPort: "0" };
  return [await startLiveDist({ config, schema: articleSchema, store, environment: {} }), held];
}

function startProxy(
  mother: string,
  kind: "everything" | "topics",
  count: (client: IHttpClient) => IHttpClient,
): Promise<LiveDistServer> {
  return startLiveDist({
    config: {
      LiveDistSiteName: "proxy",
      LiveDistClientId: "proxy",
      LiveDistMotherServers: mother,
      LiveDistDeltaUseTopicsSlice: kind === "topics" ? "yes" : "no",
      LiveDistPort: "0",
      // The rows of clients are no part of what is measured.
      LiveDistClientsPollMs: "3600000",
    },
    schema: articleSchema,
    environment: {},
    httpClient: (options) => count(new HttpClient(options)),
  });
}

/** A proxy that has just started has nothing yet, and says so. */
async function whenLoaded<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if ((error as { code?: string }).code !== "Closed") throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Appends changes of one field each, one a transaction; gives the last sequence-number. */
async function change(store: Store, held: readonly DeltaObject[], changes: number, seed: number): Promise<number> {
  const random = seededRandom(seed);
  for (let at = 0; at < changes; at++) {
    const { techId, topics } = pick(random, held);
    const fields = { stock: below(random, 1_000) };
    const delta = Article.delta({ oper: "UPDATE", techId, updateTime: new Date(at), topics: [...topics], fields });
    await store.transaction((transaction) => store.log.append(transaction, encodeDeltaBuffer(articleSchema, [delta])));
  }
  store.log.notify();
  return (await store.log.bounds()).lastSequence;
}

/** Counts the bytes of frames that come to a client. */
class CountingClient implements IHttpClient {
  readonly clientId: string;
  bytes = 0;
  readonly #client: IHttpClient;

  constructor(client: IHttpClient) {
    this.#client = client;
    this.clientId = client.clientId;
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#counted(await this.#client.frames(request, signal));
  }

  json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    return this.#client.json(request, signal);
  }

  async stream(request: Request, signal?: AbortSignal): Promise<HttpStream> {
    const stream = await this.#client.stream!(request, signal);
    const counted = this.#counted(stream);
    return {
      [Symbol.asyncIterator]: () => counted,
      acknowledge: (sequence) => stream.acknowledge(sequence),
      close: () => stream.close(),
    };
  }

  async *#counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      this.bytes += piece.length;
      yield piece;
    }
  }
}
