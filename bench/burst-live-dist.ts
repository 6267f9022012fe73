import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { Reception } from "../src/entities/reception.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import { BurstApplication } from "./burst-application.js";
import { type Burst, deltaOf, itemSchema, ItemSource } from "./burst-changes.js";
import type { BurstServer } from "./burst-server.js";
import type { BurstSide } from "./burst-side.js";
import type { BurstEnd, BurstSubscribers } from "./burst-subscribers.js";
import { type Child, startChild } from "./child.js";
import { connectPostgresql } from "./databases-postgresql.js";
import { postgresqlCpuSeconds } from "./postgresql-cpu.js";

/** An application with LiveDist on a database of its own: delta server and subscribers are processes of their own. */
export class BurstSite {
  readonly source: ItemSource;
  readonly application: BurstApplication;
  readonly url: string;
  readonly server: Child;
  readonly subscribers: Child;
  readonly clientIds: readonly string[];
  /** A connection that keeps rows from being numbered, and so from being read, while it holds the row of the lease. */
  readonly keeper: pg.Client;
  readonly #store: Store;

  private constructor(
    parts: Pick<BurstSite, "source" | "application" | "url" | "server" | "subscribers" | "clientIds" | "keeper">,
    store: Store,
  ) {
    this.source = parts.source;
    this.application = parts.application;
    this.url = parts.url;
    this.server = parts.server;
    this.subscribers = parts.subscribers;
    this.clientIds = parts.clientIds;
    this.keeper = parts.keeper;
    this.#store = store;
  }

  static async open(connectionString: string, subscribersMax: number, seed: number): Promise<BurstSite> {
    const store = await openStore(connectionString);
    const reception = new Reception(store, itemSchema);
    const application = await BurstApplication.open(connectionString, (client, items, oper) =>
      reception.append(
        client,
        items.map((item) => deltaOf(oper, item)),
      ),
    );
    const source = new ItemSource(seed);
    await application.insert(source.items);
    await reception.notifyDeltaServer();
    const [server, subscribers] = [startChild("./burst-server.js"), startChild("./burst-subscribers.js")];
    const clientIds = Array.from({ length: subscribersMax }, (_, index) => `subscriber${index}`);
    const url = (await server.call("start", { connectionString, clientIds } satisfies BurstServer)) as string;
    const keeper = await connectPostgresql(connectionString);
    return new BurstSite({ source, application, url, server, subscribers, clientIds, keeper }, store);
  }

  async close(): Promise<void> {
    await this.subscribers.end();
    await this.server.end();
    await this.keeper.end();
    await this.application.close();
    await this.#store.close();
  }
}

/** LiveDist with copies in memory or, where there is a folder for them, in SQLite. */
export function liveDistSide(site: BurstSite, folder?: string): BurstSide {
  const { application, server, subscribers, keeper, source } = site;
  return {
    name: `LiveDist, ${folder === undefined ? "copies in memory" : "copies in SQLite"}`,
    burst: (count) => source.burst(count),
    async subscribe(count) {
      const copies = folder && (await mkdtemp(join(folder, "copies-")));
      const clientIds = site.clientIds.slice(0, count);
      await subscribers.call("start", { url: site.url, clientIds, folder: copies } satisfies BurstSubscribers);
    },
    async unsubscribe() {
      await subscribers.call("stop");
    },
    async hold() {
      await keeper.query("BEGIN; SELECT FROM LiveDistLease FOR UPDATE");
    },
    write: (burst, durable) => application.write(burst, durable),
    async release() {
      await keeper.query("COMMIT");
    },
    arrived: async (burst) => (await subscribers.call("arrived", endOf(burst))) as number,
    cpuSeconds: async () => ((await server.call("cpuSeconds")) as number) + (await postgresqlCpuSeconds(keeper)),
    subscriberCpuSeconds: async () => (await subscribers.call("cpuSeconds")) as number,
  };
}

function endOf({ last, sums }: Burst): BurstEnd {
  return { lastNumbers: last.map(({ number }) => number), sums };
}
