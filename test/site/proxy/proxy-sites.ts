import { systemClock } from "../../../src/base/clock.js";
import { Edge } from "../../../src/edge/edge.js";
import { HttpClient } from "../../../src/edge/http-client.js";
import { MapCopy } from "../../../src/edge/map-copy.js";
import { Replica } from "../../../src/edge/replica.js";
import type { DeltaInit } from "../../../src/delta/delta-object.js";
import { encodeDeltaBuffer } from "../../../src/delta/delta-buffer.js";
import { type LiveDistServer, startLiveDist } from "../../../src/site/start-live-dist.js";
import type { Store } from "../../../src/store/store.js";
import type { Tracking } from "../../../src/wire/requests.js";
import { afterThis, appendBytes, delta, id, Logged, newStore, schema } from "../../support/one-site.js";

/** A site with a database, and real sockets. */
export class Center {
  readonly logged = new Logged();
  server!: LiveDistServer;
  store!: Store;
  #port = "0";

  static async start(clientIds: readonly string[]): Promise<Center> {
    const center = new Center();
    center.store = await newStore();
    let bitNumber = 2;
    for (const clientId of clientIds) await center.store.clients.add({ clientId, bitNumber: bitNumber++ });
    await center.start();
    afterThis(() => center.server.close());
    return center;
  }

  get url(): string {
    return this.server.url;
  }

  /** Starts the server, again on the port that it had. */
  async start(): Promise<void> {
    const config = { LiveDistPort: this.#port, LiveDistClientsPollMs: "50" };
    this.server = await startLiveDist({ config, schema, store: this.store, logger: this.logged, environment: {} });
    this.#port = new URL(this.server.url).port;
  }

  async write(oper: DeltaInit["oper"], number: number, topics: readonly string[], fields?: object): Promise<void> {
    const rest = { topics: [...topics], ...(fields && { fields }) };
    await appendBytes(this.store, encodeDeltaBuffer(schema, [delta(oper, number, rest)]));
    this.store.log.notify();
  }
}

export interface ProxyOptions {
  readonly siteName: string;
  readonly mother: { readonly url: string };
  /** The fixed topics; undefined receives everything. */
  readonly topics?: readonly string[];
  readonly lifeInMinutes?: number;
  readonly port?: string;
}

/** Starts a proxy, whose ClientId at its mother is its name. */
export async function startProxy({
  siteName,
  mother,
  topics,
  lifeInMinutes = 10,
  port = "0",
}: ProxyOptions): Promise<LiveDistServer & { logged: Logged }> {
  const logged = new Logged();
  const server = await startLiveDist({
    config: {
      LiveDistSiteName: siteName,
      LiveDistClientId: siteName,
      LiveDistMotherServers: mother.url,
      LiveDistPort: port,
      LiveDistClientsPollMs: "50",
      LiveDistDeltaUnusedTopicsLifeInMinutes: String(lifeInMinutes),
      ...(topics && { LiveDistDeltaUseTopicsSlice: "true", LiveDistDeltaFixedTopicsInSlice: topics.join() }),
    },
    schema,
    logger: logged,
    environment: {},
  });
  afterThis(() => server.close());
  return { ...server, logged };
}

export function edgeAt(servers: readonly string[], clientId: string, tracking: Tracking = "transition"): Edge {
  const edge = new Edge(new HttpClient({ clientId, servers }), { schema, tracking });
  afterThis(() => edge.close());
  return edge;
}

/** Starts a replica of a slice. */
export async function replicaAt(edge: Edge, slice: string): Promise<Replica<MapCopy>> {
  const replica = new Replica(edge, { slice, copy: new MapCopy() });
  afterThis(() => replica.stop());
  await replica.start();
  return replica;
}

/** Gives a copy in short: each entity by its number, with its name. */
export function inShort({ copy }: Replica<MapCopy>): Record<string, unknown> {
  const held: Record<string, unknown> = {};
  for (const { techId, fields } of copy.values()) held[Number(techId.slice(-12))] = fields["name"];
  return held;
}

/** Waits until something holds. */
export async function until(holds: () => boolean, waitMsMax = 10_000): Promise<void> {
  const end = systemClock.now() + waitMsMax;
  while (!holds()) {
    if (systemClock.now() > end) throw new Error(`it does not hold after ${waitMsMax} ms: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export { id };
