import { bytesToGuid, GUID_BYTES } from "../src/base/guid.js";
import { GuidTable } from "../src/base/guid-table.js";
import { newHashSeed } from "../src/base/half-sip-hash.js";
import type { Random } from "../src/base/random.js";
import { ClientSlices } from "../src/registration/client-slices.js";
import { decideDelta, newDeltaDecision } from "../src/registration/decide-delta.js";
import { RegistrationTable } from "../src/registration/registration-table.js";
import { appTopics, isRoutingTopic, routedTopics } from "../src/topics/topics-list.js";
import { parseTopicsSlice, type TopicsSlice } from "../src/topics/topics-slice.js";
import { type BenchOptions, perSecond, planOf, race, type Table } from "./measure.js";
import { below, distinctBelow } from "./random.js";

/* The UPDATE of an entity, from its tech-id and topics-list to who is given what. Half of them come from one of the clients. */

const TOPICS = 100;
const CLIENTS_MAX = 64;
const DELTAS = 1_000;

interface Update {
  readonly entity: number;
  readonly techId: string;
  readonly topics: readonly string[];
}

/** Decides a delta and gives something that depends on what was decided. */
type Decide = (update: Update) => number;

export async function raceDecisions(random: Random, size: BenchOptions["size"]): Promise<Table[]> {
  const entities = size === "full" ? 100_000 : 500;
  const techIds = new Uint8Array(entities * GUID_BYTES).map(() => below(random, 256));
  const lists = Array.from({ length: size === "full" ? 1_000 : 20 }, () => randomTopicsList(random));
  const updates = Array.from({ length: entities }, (_, entity) => ({
    entity,
    techId: bytesToGuid(techIds, entity * GUID_BYTES),
    topics: lists[below(random, lists.length)]!,
  }));
  const tables: Table[] = [];
  for (const clients of [1, CLIENTS_MAX]) {
    const slices = Array.from({ length: clients }, (_, bit) => parseTopicsSlice(randomSlice(random, bit)));
    const contestants = [
      contestant("ClientSlices, decideDelta", ours(random, slices, techIds), updates, random),
      contestant("a loop over clients, each with a Map", plain(slices), updates, random),
    ];
    const title = `decide an UPDATE of one of ${entities.toLocaleString("en-US")} entities, ${clients} registered`;
    tables.push({ title, rows: await race("deltas/s", contestants, planOf(size)) });
  }
  return tables;
}

function contestant(name: string, decide: Decide, updates: readonly Update[], random: Random) {
  for (const update of updates) decide(update);
  const work = (): number => {
    let given = 0;
    for (let left = DELTAS; left > 0; left--) given += decide(updates[below(random, updates.length)]!);
    return given;
  };
  return { name, run: (ms: number) => perSecond(ms, DELTAS, work) };
}

function ours(random: Random, slices: readonly TopicsSlice[], techIds: Uint8Array): Decide {
  const table = new RegistrationTable(new GuidTable(newHashSeed(random)));
  const clients = new ClientSlices();
  for (const [bit, slice] of slices.entries()) clients.set(bit, slice);
  const decision = newDeltaDecision();
  const delta = { oper: "UPDATE", takesSynchronized: false, hasRecord: true } as const;
  return ({ entity, topics }) => {
    decideDelta(table, clients.masks(topics), delta, techIds, entity * GUID_BYTES, decision);
    return decision[0].asIs | decision[1].full;
  };
}

interface PlainClient {
  readonly slice: TopicsSlice;
  /** The entities that it is registered on, and whether it is synchronized. */
  readonly entities: Map<string, boolean>;
}

function plain(slices: readonly TopicsSlice[]): Decide {
  const clients = slices.map((slice): PlainClient => ({ slice, entities: new Map() }));
  return ({ techId, topics }) => {
    const routed = routedTopics(topics);
    const app = new Set(appTopics(topics));
    const loop = routedTopics(topics.filter(isRoutingTopic));
    let given = 0;
    for (const { slice, entities } of clients) {
      const isSynchronized = entities.get(techId);
      const selects = slice.selectsHeld(app);
      const misses = !selects && slice.excludesAny(app);
      if (isSynchronized) {
        if (misses) entities.set(techId, false);
        else if (slice.selectsHeld(routed) || !slice.excludesAny(loop)) given++;
      } else if ((selects || isSynchronized === false) && !misses) {
        entities.set(techId, true);
        given++;
      }
    }
    return given;
  };
}

function topicName(index: number): string {
  return `topic${index}`;
}

/** Makes the slice of a son, with the topics that route to it and away from it. */
function randomSlice(random: Random, bit: number): string {
  const [a, b, c, not] = distinctBelow(random, TOPICS, 4).map(topicName);
  return `((${a}+${b}*${c})*!${not})*!not-site-${bit}+site-${bit}`;
}

function randomTopicsList(random: Random): string[] {
  const topics = distinctBelow(random, TOPICS, 2 + below(random, 4)).map(topicName);
  return random() < 0.5 ? topics : [...topics, `#not-site-${below(random, CLIENTS_MAX)}`];
}
