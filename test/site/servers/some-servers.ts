import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeDeltaBuffer } from "../../../src/delta/delta-buffer.js";
import type { DeltaInit } from "../../../src/delta/delta-object.js";
import { Edge } from "../../../src/edge/edge.js";
import { HttpClient } from "../../../src/edge/http-client.js";
import { MapCopy } from "../../../src/edge/map-copy.js";
import { Replica } from "../../../src/edge/replica.js";
import type { ReplicaChange } from "../../../src/edge/replica-change.js";
import { type LiveDistServer, startLiveDist } from "../../../src/site/start-live-dist.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import type { Tracking } from "../../../src/wire/requests.js";
import { afterThis, appendBytes, delta, Logged, schema } from "../../support/one-site.js";
import { PostgresqlSchema } from "../../store/postgresql-databases.js";

/** Gives the connection string of a new, empty database that several servers can open. */
export type NewDatabase = () => Promise<string>;

export const databases: readonly (readonly [name: string, make: NewDatabase])[] = [
  ["SQLite", newFile],
  ["PostgreSQL", newSchema],
];

// eslint-disable-next-line @typescript-eslint/require-await -- as the other one
async function newFile(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "livedist-servers-"));
  afterThis(() => rmSync(folder, { recursive: true }));
  return `sqlite:${join(folder, "site.db")}`;
}

function newSchema(): Promise<string> {
  const database = new PostgresqlSchema();
  afterThis(() => database.cleanup());
  return database.url();
}

/** Several servers of one site with real sockets, each with connections of its own to the one database, and an application that writes to it. */
export class SomeServers {
  readonly servers: LiveDistServer[] = [];
  readonly logged = new Logged();
  readonly connectionString: string;
  readonly store: Store;

  private constructor(connectionString: string, store: Store) {
    this.connectionString = connectionString;
    this.store = store;
  }

  static async start(newDatabase: NewDatabase, count: number, clientIds: readonly string[]): Promise<SomeServers> {
    const connectionString = await newDatabase();
    const store = await openStore(connectionString);
    afterThis(() => store.close());
    for (const [bitNumber, clientId] of clientIds.entries()) await store.clients.add({ clientId, bitNumber });
    const site = new SomeServers(connectionString, store);
    for (let at = 0; at < count; at++) await site.startServer();
    return site;
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  async startServer(keys: Readonly<Record<string, string>> = {}): Promise<LiveDistServer> {
    const { connectionString: LiveDistConnectionString, logged: logger } = this;
    const config = { LiveDistConnectionString, LiveDistPort: "0", LiveDistPollMs: "20", ...keys };
    const server = await startLiveDist({ config, schema, logger, environment: {} });
    afterThis(() => server.close());
    this.servers.push(server);
    return server;
  }

  /** Commits a change of an entity, which nobody tells the servers of. */
  async write(oper: DeltaInit["oper"], number: number, topics: readonly string[], fields?: object): Promise<void> {
    const rest = { topics: [...topics], ...(fields && { fields }) };
    await appendBytes(this.store, encodeDeltaBuffer(schema, [delta(oper, number, rest)]));
  }

  /** Gives the newest sequence-number of the log. */
  async end(): Promise<number> {
    return (await this.store.log.bounds()).lastSequence;
  }

  edge(clientId: string, tracking: Tracking, servers: readonly string[] = this.urls): Edge {
    const edge = new Edge(new HttpClient({ clientId, servers }), { schema, tracking });
    afterThis(() => edge.close());
    return edge;
  }
}

/** A replica, and all changes that it told of. */
export interface Watched {
  readonly replica: Replica<MapCopy>;
  readonly edge: Edge;
  readonly changes: ReplicaChange[];
  readonly errors: unknown[];
}

export async function watchedReplica(edge: Edge, slice: string): Promise<Watched> {
  const replica = new Replica(edge, { slice, copy: new MapCopy() });
  const [changes, errors]: [ReplicaChange[], unknown[]] = [[], []];
  replica.on("change", (change) => void changes.push(change));
  replica.on("error", (error) => void errors.push(error));
  afterThis(() => replica.stop());
  await replica.start();
  return { replica, edge, changes, errors };
}

/** Waits until something holds; the test's own limit ends it where it never does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
