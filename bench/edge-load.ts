import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Packr } from "msgpackr";
import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import { Edge } from "../src/edge/edge.js";
import { MapCopy } from "../src/edge/map-copy.js";
import { Replica } from "../src/edge/replica.js";
import type { IHttpClient } from "../src/plugs/http-client.js";
import { ByteWriter } from "../src/base/byte-writer.js";
import { beginFrame, endFrame, finishFrame, headFrame } from "../src/wire/frames.js";
import { articleSchema, generatedArticles } from "./articles.js";
import { type BenchOptions, inTurns, linesOf, type Table, type Trial } from "./measure.js";

/*
 * Goals: how fast a client takes a full load into its own copy: from the bytes of the answer, in pieces of 64 KiB as a
 * connection gives them, to a Map of entities by tech-id; by the CPU time of the process, the garbage collector's included.
 * A Replica with a MapCopy does it, and an Edge alone, whose delta-objects are put into a Map as they come. Beside them msgpackr
 * with records, which is the fastest of its kind, decodes the same entities from the same number of entities at once into a Map.
 *
 * Non-goals: servers and connections (full-load measures both); what listeners of a Replica do.
 */

const plans = { full: { entities: 100_000, runs: 9 }, tiny: { entities: 500, runs: 1 } } as const;

/** Entities that a server puts into one piece of a load, about. */
const BATCH = 500;
const PIECE_BYTES = 64 * 1024;

type Figure = "speed";

export async function benchEdgeLoad({ size, seed }: BenchOptions): Promise<Table[]> {
  const { entities, runs } = plans[size];
  const load = await loadOf(entities, seed);
  const trials: Trial<Figure>[] = [
    trial("Replica, MapCopy", entities, () => loadByReplica(load.pieces)),
    trial("Edge, its delta-objects", entities, () => loadByEdge(load.pieces)),
    trial("msgpackr, records", entities, () => load.messages.unpack()),
  ];
  return [
    {
      title: `a full load of ${entities.toLocaleString("en-US")} entities into a Map, by the CPU time of the client`,
      target: "Replica at least 500,000 entities/CPU-s",
      rows: linesOf("speed", "entities/CPU-s", await inTurns(trials, runs)),
    },
  ];
}

function trial(name: string, entities: number, load: () => Promise<number> | number): Trial<Figure> {
  return {
    name,
    async run() {
      // Nobody pays for what others left.
      collectGarbage();
      const before = process.cpuUsage();
      const loaded = await load();
      const { user, system } = process.cpuUsage(before);
      if (loaded !== entities) throw new Error(`${name}: ${loaded} entities instead of ${entities}`);
      return { speed: (entities * 1e6) / (user + system) };
    },
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** The same load as bytes of an answer and as messages. */
async function loadOf(entities: number, seed: number) {
  const writer = new ByteWriter();
  writer.bytes(headFrame({ epoch: "bench", sequence: 1, count: entities, connectedToCenter: true }));
  const packr = new Packr({ structures: [] });
  const messages: Uint8Array[] = [];
  for await (const articles of generatedArticles(entities, seed)) {
    for (let from = 0; from < articles.length; from += BATCH) {
      const batch = articles.slice(from, from + BATCH);
      const at = beginFrame(writer, "ENTITIES");
      writer.bytes(encodeDeltaBuffer(articleSchema, batch));
      finishFrame(writer, at);
      const plain = batch.map(({ techId, updateTime, topics, fields }) => ({ techId, updateTime, topics, fields }));
      messages.push(Uint8Array.from(packr.pack(plain)));
    }
  }
  writer.bytes(endFrame());
  const bytes = writer.view();
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, at) =>
    bytes.slice(at * PIECE_BYTES, (at + 1) * PIECE_BYTES),
  );
  return { pieces, messages: { unpack: () => unpackAll(packr, messages) } };
}

function unpackAll(packr: Packr, messages: readonly Uint8Array[]): number {
  const copy = new Map<string, unknown>();
  for (const message of messages) {
    for (const entity of packr.unpack(message) as { techId: string }[]) copy.set(entity.techId, entity);
  }
  return copy.size;
}

async function loadByReplica(pieces: readonly Uint8Array[]): Promise<number> {
  const edge = new Edge(answering(pieces), { schema: articleSchema });
  const replica = new Replica(edge, { slice: "all", copy: new MapCopy() });
  await replica.start();
  await replica.stop();
  await edge.close();
  return replica.copy.size;
}

async function loadByEdge(pieces: readonly Uint8Array[]): Promise<number> {
  const edge = new Edge(answering(pieces), { schema: articleSchema });
  const copy = new Map<string, unknown>();
  for await (const deltas of (await edge.fullLoad("all")).batches()) {
    for (const delta of deltas) copy.set(delta.techId, delta);
  }
  await edge.close();
  return copy.size;
}

/** Answers a load with the pieces, and whatever is asked after it never. */
function answering(pieces: readonly Uint8Array[]): IHttpClient {
  const never = new Promise<never>(() => undefined);
  return {
    clientId: "bench",
    frames: ({ service }) => (service === "FullLoad" ? Promise.resolve(given(pieces)) : never),
    json: () => never,
  };
}

async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    yield piece;
    await Promise.resolve();
  }
}
