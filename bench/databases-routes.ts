import { ok as assert } from "node:assert/strict";
import { decodeDeltaBuffer, encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { Edge } from "../src/edge/edge.js";
import { HttpClient } from "../src/edge/http-client.js";
import { httpNotifier } from "../src/entities/notifier.js";
import { Reception } from "../src/entities/reception.js";
import { openStore } from "../src/store/open-store.js";
import type { Child } from "./child.js";
import type { BenchDatabase } from "./databases-application.js";
import { connectPostgresql } from "./databases-postgresql.js";
import type { ServedDatabase } from "./databases-server.js";
import { CLIENT_IDS, readingSchema } from "./fan-out-deltas.js";

/** A way from a commit to a reader in this process. */
export interface Route {
  readonly name: string;
  readonly database: BenchDatabase;
  /** Called with each delta-object that has arrived. */
  arrived: (delta: DeltaObject) => void;
  /** Resolves when COMMIT has returned. */
  commit(delta: DeltaObject): Promise<void>;
  /** What the application does behind the commit. */
  tell(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a delta server, in a child, over a new database that holds some entities, and an Edge that follows it. */
export async function routeOverLiveDist(
  database: BenchDatabase,
  servers: Child,
  creates: readonly DeltaObject[],
): Promise<Route> {
  const site = await database.create();
  const { connectionString, options } = site;
  const url = (await servers.call("start", { connectionString, options } satisfies ServedDatabase)) as string;
  const store = await openStore(connectionString, options);
  const reception = new Reception(store, readingSchema, { notifier: httpNotifier(url) });
  const connection = await site.connect();
  await connection.commit(() => reception.append(connection.handle, creates));
  await reception.notifyDeltaServer();
  const edge = new Edge(new HttpClient({ clientId: CLIENT_IDS[0]!, servers: [url] }), { schema: readingSchema });
  const route: Route = {
    name: `LiveDist on ${database.name}`,
    database,
    arrived: () => undefined,
    commit: (delta) => connection.commit(() => reception.append(connection.handle, [delta])),
    tell: () => (database.tellsOfCommits ? Promise.resolve() : reception.notifyDeltaServer()),
    async close() {
      await edge.close();
      await connection.close();
      await store.close();
    },
  };
  await follow(edge, route);
  return route;
}

async function follow(edge: Edge, route: Route): Promise<void> {
  const load = await edge.fullLoad("active");
  for await (const batch of load.batches()) assert(batch.length > 0, "a batch holds entities");
  void (async () => {
    try {
      for await (const { deltas } of edge.deltas()) deltas.forEach((delta) => route.arrived(delta));
    } catch {
      // Closed at the end; whatever else it is, deltas will be missed.
    }
  })();
}

/** What one would write by hand in PostgreSQL: a connection that listens, and reads what stands behind the last row it has seen. */
export async function routeOverListen(database: BenchDatabase): Promise<Route> {
  const site = await database.create();
  const [connection, reader] = [await site.connect(), await connectPostgresql(site.connectionString)];
  let reading = Promise.resolve();
  const route: Route = {
    name: `plain LISTEN on ${database.name}`,
    database,
    arrived: () => undefined,
    commit: (delta) => connection.commit(() => connection.insertAndNotify?.(encodeDeltaBuffer(readingSchema, [delta]))),
    tell: () => Promise.resolve(),
    async close() {
      await connection.close();
      reader.removeAllListeners("notification");
      await reading;
      await reader.end();
    },
  };
  let last = "0";
  const readOn = async () => {
    const { rows } = await reader.query<{ id: string; bytes: Buffer }>({ ...selectBehind, values: [last] });
    last = rows.at(-1)?.id ?? last;
    for (const { bytes } of rows) decodeDeltaBuffer(readingSchema, bytes).forEach((delta) => route.arrived(delta));
  };
  reader.on("notification", () => {
    reading = reading.then(readOn);
  });
  await reader.query("LISTEN bare");
  return route;
}

const selectBehind = {
  name: "behind",
  text: "SELECT Sequence AS id, DeltaBuffer AS bytes FROM Bare WHERE Sequence > $1 ORDER BY Sequence",
};
