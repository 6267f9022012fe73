import { join } from "node:path";
import { Edge } from "../src/edge/edge.js";
import type { EntityCopy } from "../src/edge/entity-copy.js";
import type { Entity } from "../src/edge/entity.js";
import { HttpClient } from "../src/edge/http-client.js";
import { MapCopy } from "../src/edge/map-copy.js";
import { Replica } from "../src/edge/replica.js";
import { SqliteCopy } from "../src/edge/sqlite-copy.js";
import { itemSchema, PARTS, topicOf } from "./burst-changes.js";
import { serveParent } from "./child.js";
import { sharedNowMs } from "./fan-out-deltas.js";

/* The subscribers of LiveDist in burst.ts, in a process of their own: each an Edge with a Replica. */

export interface BurstSubscribers {
  readonly url: string;
  readonly clientIds: readonly string[];
  /** Where SqliteCopy keeps its files; without one copies are in memory. */
  readonly folder: string | undefined;
}

/** What a subscriber of each part is to hold in the end. */
export interface BurstEnd {
  readonly lastNumbers: readonly number[];
  readonly sums: readonly number[];
}

interface Subscriber {
  readonly part: number;
  readonly edge: Edge;
  readonly replica: Replica<EntityCopy & { values(): Iterable<Entity> }>;
}

let subscribers: Subscriber[] = [];

serveParent({ start, arrived, stop });

async function start(argument: unknown): Promise<void> {
  const { url, clientIds, folder } = argument as BurstSubscribers;
  subscribers = clientIds.map((clientId, index) => {
    const part = index % PARTS;
    const edge = new Edge(new HttpClient({ clientId, servers: [url] }), { schema: itemSchema });
    const copy = folder === undefined ? new MapCopy() : new SqliteCopy(join(folder, `${clientId}.db`), itemSchema);
    return { part, edge, replica: new Replica(edge, { slice: topicOf(part), copy }) };
  });
  await Promise.all(subscribers.map(({ replica }) => replica.start()));
}

/** Waits until all hold the last change; gives the time at which they did. Rejects where one holds anything else then. */
async function arrived(argument: unknown): Promise<number> {
  const { lastNumbers, sums } = argument as BurstEnd;
  const times = await Promise.all(subscribers.map((subscriber) => arrival(subscriber, lastNumbers[subscriber.part]!)));
  for (const { part, replica } of subscribers) {
    let sum = 0;
    for (const { fields } of replica.copy.values()) sum += numberOf(fields);
    if (sum !== sums[part]) throw new Error(`the copy of part ${part} sums up to ${sum} instead of ${sums[part]}`);
  }
  return Math.max(...times);
}

function arrival({ replica }: Subscriber, lastNumber: number): Promise<number> {
  return new Promise((resolve) => {
    const remove = replica.on("change", ({ entity: { fields } }) => {
      if (numberOf(fields) !== lastNumber) return;
      remove();
      resolve(sharedNowMs());
    });
  });
}

function numberOf(fields: unknown): number {
  return (fields as { number: number }).number;
}

async function stop(): Promise<void> {
  for (const { edge, replica } of subscribers) {
    await replica.stop();
    await edge.close();
  }
  subscribers = [];
}
