import { expect } from "vitest";
import { startLiveDist } from "../../src/console/start-with-console.js";
import { Edge } from "../../src/edge/edge.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Load } from "../../src/edge/load.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { Entities } from "../../src/entities/entities.js";
import type { LiveDistServer, StartLiveDistOptions } from "../../src/site/start-live-dist.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { afterThis, City, schema } from "../support/one-site.js";

/** A site of cities behind a socket, with its console. */
export interface ConsoleSite {
  readonly server: LiveDistServer;
  readonly store: Store;
  readonly entities: Entities;
  /** Where the page is. */
  readonly url: string;
  /** Creates cities, each with these topics; gives their tech-ids. */
  add(topics: string, names: readonly string[]): Promise<string[]>;
  /** Makes an edge of a client; it is closed when the test ends. */
  edge(clientId: string, tracking: "registration" | "transition" | "none"): Edge;
}

/** A city's name says its topics, before a colon: "T1 T2:Rome". */
function topicsOf({ fields }: { fields: object }): string[] {
  const [topics = ""] = String((fields as { name?: unknown }).name).split(":");
  return topics.split(" ");
}

/** Starts a site with the clients c1 and c2, until the test ends. */
export async function startConsoleSite(
  clientIds: readonly string[] = ["c1", "c2"],
  options: Partial<StartLiveDistOptions> = {},
): Promise<ConsoleSite> {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  for (const [bitNumber, clientId] of clientIds.entries()) await store.clients.add({ clientId, bitNumber });
  const entities = new Entities(store, schema, { topicsOf });
  const config = { LiveDistPort: "0", LiveDistPollMs: "20", LiveDistClientsPollMs: "20" };
  const server = await startLiveDist({ config, schema, store, reader: entities, environment: {}, ...options });
  afterThis(() => server.close());
  return {
    server,
    store,
    entities,
    url: `${server.url}/LiveDist1/`,
    async add(topics, names) {
      const ids = await entities.transaction(async (unit) => {
        const created: string[] = [];
        for (const name of names)
          created.push((await unit.create(City, { name: `${topics}:${name}`, size: 1 })).techId);
        return created;
      });
      await entities.notifyDeltaServer();
      return ids;
    },
    edge(clientId, tracking) {
      const edge = new Edge(new HttpClient({ clientId, servers: [server.url] }), { schema, tracking });
      afterThis(() => edge.close());
      return edge;
    },
  };
}

/** Loads a slice and follows it until the test ends. Resolves when the load is taken. */
export async function follow(
  edge: Edge,
  slice: string,
  onDeltas: (count: number) => void = () => undefined,
): Promise<void> {
  const load = await edge.fullLoad(slice);
  for await (const { length } of load.batches()) expect(length).toBeGreaterThan(0);
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for await (const { deltas } of edge.deltas({ signal: stop.signal })) onDeltas(deltas.length);
  };
  const running = run().catch(() => undefined);
  afterThis(async () => {
    stop.abort();
    await running;
  });
}

/** Takes a whole load. */
export async function takeAll(load: Load): Promise<DeltaObject[]> {
  const taken: DeltaObject[] = [];
  for await (const delta of load) taken.push(delta);
  return taken;
}
