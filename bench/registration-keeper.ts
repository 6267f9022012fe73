import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bytesToGuid, GUID_BYTES } from "../src/base/guid.js";
import { GuidTable } from "../src/base/guid-table.js";
import { newHashSeed } from "../src/base/half-sip-hash.js";
import type { Random } from "../src/base/random.js";
import { halves } from "../src/registration/client-bit.js";
import { RegistrationTable } from "../src/registration/registration-table.js";
import { serveParent } from "./child.js";
import { perSecond } from "./measure.js";
import { BigIntRegistrations, BitSetRegistrations, type Registrations } from "./plain-registrations.js";
import { below, seededRandom } from "./random.js";

/* The process of one who keeps registrations: none pays for the garbage of another. */

export type KeeperKind = "table" | "bigints" | "bitSets";

export interface FillArgument {
  readonly kind: KeeperKind;
  readonly entities: number;
  readonly seed: number;
}

/** The client that is registered on all entities. */
const EVERYWHERE = 63;
const PUTS = 1_000;
/** More than a processor keeps near itself what it found last. */
const PROBES = 200_000;
const UNKNOWN_EVERY = 10;

interface Keeper {
  readonly registrations: Registrations;
  readonly entities: number;
  readonly random: Random;
}

let keeper: Keeper;
/** What is asked of the table: for random entities, and for tech-ids that it does not hold. */
let probed: (() => number) | undefined;

serveParent({
  fill: (argument) => fill(argument as FillArgument),
  put: (ms) => put(keeper, ms as number),
  probe: (ms) => probe(ms as number),
  clear: () => clear(keeper),
});

/** Registers one client on all entities and another on every second one; gives the bytes of an entity. */
function fill({ kind, entities, seed }: FillArgument): number {
  const random = seededRandom(seed);
  const techIds = randomTechIds(random, entities);
  const ids = new Array<string>(kind === "table" ? 0 : entities).fill("");
  const before = heldBytes();
  // The texts count, since a Map keeps them; the array of them does not.
  for (let entity = 0; entity < ids.length; entity++) ids[entity] = bytesToGuid(techIds, entity * GUID_BYTES);
  const registrations = make(kind, techIds, ids, random);
  keeper = { registrations, entities, random };
  for (let entity = 0; entity < entities; entity++) {
    registrations.put(entity, EVERYWHERE, "synchronized");
    if (entity % 2 === 0) registrations.put(entity, (entity / 2) % EVERYWHERE, "synchronized");
  }
  return (heldBytes() - before) / entities;
}

function make(kind: KeeperKind, techIds: Uint8Array, ids: readonly string[], random: Random): Registrations {
  if (kind === "bigints") return new BigIntRegistrations(ids);
  if (kind === "bitSets") return new BitSetRegistrations(ids);
  const table = new RegistrationTable(new GuidTable(newHashSeed(random)));
  probed = probesOf(table, techIds, random);
  return {
    put: (entity, bit, standing) => table.put(techIds, entity * GUID_BYTES, bit, standing),
    clear: (bit) => table.clear(bit),
  };
}

/** Gives registrations per second: of random clients on random entities, of those that have another client too. */
function put({ registrations, entities, random }: Keeper, ms: number): number {
  return perSecond(ms, PUTS, () => {
    for (let left = PUTS; left > 0; left--) {
      const standing = random() < 0.5 ? "synchronized" : "registered";
      registrations.put(below(random, entities / 2) * 2, below(random, EVERYWHERE + 1), standing);
    }
  });
}

/** Ends the client that is registered everywhere, with which every second entity goes; gives entities per second. */
function clear({ registrations, entities }: Keeper): number {
  for (let entity = 0; entity < entities; entity++) registrations.put(entity, EVERYWHERE, "registered");
  const start = performance.now();
  registrations.clear(EVERYWHERE);
  return (entities * 1000) / (performance.now() - start);
}

/** Gives probes per second of the table: find a tech-id that a delta brings, and read both halves of its masks. */
function probe(ms: number): number {
  return perSecond(ms, PROBES, probed!);
}

function probesOf(table: RegistrationTable, techIds: Uint8Array, random: Random): () => number {
  const asked = randomTechIds(random, PROBES);
  for (let at = 0; at < PROBES; at++) {
    if (at % UNKNOWN_EVERY === 0) continue;
    const from = below(random, techIds.length / GUID_BYTES) * GUID_BYTES;
    asked.set(techIds.subarray(from, from + GUID_BYTES), at * GUID_BYTES);
  }
  return () => {
    let read = 0;
    for (let at = 0; at < PROBES; at++) {
      const slot = table.find(asked, at * GUID_BYTES);
      for (const half of halves) read ^= table.registered(slot, half) ^ table.synchronized(slot, half);
    }
    return read;
  };
}

function randomTechIds(random: Random, count: number): Uint8Array {
  const words = new Int32Array((count * GUID_BYTES) / Int32Array.BYTES_PER_ELEMENT);
  for (let word = 0; word < words.length; word++) words[word] = random() * 2 ** 32;
  return new Uint8Array(words.buffer);
}

/** Gives the bytes that are in use, on the heap and in typed arrays. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the first one finds of typed arrays is given back by the second.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
