import fc from "fast-check";
import { expect, it } from "vitest";
import { deltaClass, type DeltaClass } from "../../src/delta/delta-class.js";
import { int32, part, parts, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Edge } from "../../src/edge/edge.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { Entities } from "../../src/entities/entities.js";
import type { Entity, EntityPart, UpdateFields } from "../../src/entities/entity.js";
import type { Unit } from "../../src/entities/unit.js";
import type { IDeltaObjectsReader } from "../../src/plugs/delta-objects-reader.js";
import type { IHttpClient } from "../../src/plugs/http-client.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { Request, Tracking } from "../../src/wire/requests.js";
import { newTechId } from "../../src/base/guid.js";
import { settle } from "../support/manual-clock.js";
import { newStore, OneSite } from "../support/one-site.js";
import { answerBytes } from "../support/answer-bytes.js";

const Room = deltaClass("Room", { label: string() });
const House = deltaClass("House", { number: int32(), rooms: parts(Room), best: part(Room) });
const Town = deltaClass("Town", { name: string(), tags: string(), houses: parts(House), hall: part(House) });
const Hamlet = deltaClass("Hamlet", {}, { base: Town, inCache: false });
const schema = makeSchema("towns", [Room, House, Town, Hamlet]);

type TownFields = typeof Town extends DeltaClass<infer F> ? F : never;

const SLICES = ["A", "B*!V", "A+B", "A*!V+C"];
const TAGS = ["A", "B", "C", "A,B", "B,V", "A,C,V", "D"];
const STEPS = 60;

/** Gives whole numbers below a limit that look random. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state >>> 8) * below) >>> 24;
  };
}

/** Carries requests to a service in this process. */
class DirectClient implements IHttpClient {
  readonly clientId: string;
  readonly #service: LiveDistService;

  constructor(clientId: string, service: LiveDistService) {
    this.clientId = clientId;
    this.#service = service;
  }

  async frames(request: Request, signal = new AbortController().signal): Promise<AsyncIterable<Uint8Array>> {
    const service = this.#service;
    if (request.service === "FullLoad") return answerBytes(await service.fullLoad(request, signal));
    if (request.service === "SyncLoad") return answerBytes(await service.syncLoad(request, signal));
    if (request.service === "PartialLoad") return answerBytes(await service.partialLoad(request, signal));
    if (request.service === "SelectMinus") return answerBytes(await service.selectMinus(request, signal));
    if (request.service !== "FetchDeltas") throw new TypeError(`${request.service} is not answered in frames`);
    const frames = await service.fetchDeltas(request, signal);
    return (async function* () {
      yield* await Promise.resolve(frames);
    })();
  }

  async json(request: Request): Promise<Record<string, unknown>> {
    const service = this.#service;
    if (request.service === "BeginSession") return { ...(await service.beginSession(request)) };
    if (request.service === "SkipLoad") return { position: await service.skipLoad(request) };
    if (request.service === "UnregisterEntities") return { ...(await service.unregisterEntities(request)) };
    if (request.service === "ReadSchema") return service.readSchema(request);
    throw new TypeError(`${request.service} is not answered in JSON`);
  }
}

/** A reader that takes its time: what it reads is newer than what it was asked for. */
function slowReader(entities: Entities, below: (limit: number) => number): IDeltaObjectsReader {
  return {
    readAll: (snapshot) => entities.readAll(snapshot),
    async *read(deltaClass, techIds) {
      for (let turns = below(12); turns > 0; turns--) await settle();
      yield* entities.read(deltaClass, techIds);
    },
  };
}

/** One application's transactions: towns of both kinds with houses in them. No part is created twice with one tech-id. */
class Writer {
  readonly #entities: Entities;
  readonly #below: (limit: number) => number;
  readonly #techIds: string[] = [];

  constructor(entities: Entities, below: (limit: number) => number) {
    this.#entities = entities;
    this.#below = below;
  }

  write(): Promise<void> {
    return this.#entities.transaction(async (unit) => {
      for (let times = 1 + this.#below(2); times > 0; times--) await this.#one(unit);
    });
  }

  async #one(unit: Unit): Promise<void> {
    const below = this.#below;
    const at = below(12);
    const techId = this.#techIds[at];
    if (techId === undefined) {
      const fields = { name: "new", tags: this.#tags(), houses: [this.#house(), this.#house()] };
      const options = below(3) === 0 ? { inCache: below(2) === 0 } : {};
      this.#techIds.push((await unit.create(below(2) === 0 ? Town : Hamlet, fields, options)).techId);
    } else if (below(9) === 0) {
      await unit.remove(Town, techId);
      this.#techIds.splice(at, 1);
    } else {
      await unit.update(Town, techId, this.#change((await unit.get(Town, techId))!));
    }
  }

  #change({ fields }: Entity): UpdateFields<TownFields> {
    const below = this.#below;
    const houses = fields["houses"] as readonly EntityPart[];
    const hall = fields["hall"] as EntityPart | null;
    const [house] = houses;
    switch (below(8)) {
      case 0:
        return { name: `name ${below(100)}` };
      case 1:
        return { tags: this.#tags(), name: `name ${below(100)}` };
      case 2:
        return { houses: [{ oper: "CREATE", techId: newTechId(), fields: { number: below(100) } }] };
      case 3:
        return { houses: houses.map(({ techId }) => ({ techId, number: below(100) })).reverse() };
      case 4:
        return { hall: below(2) === 0 ? this.#house() : null };
      case 5:
        return hall === null ? {} : { hall: { oper: "UPDATE", techId: hall.techId, fields: { number: below(100) } } };
      case 6:
        return house === undefined ? {} : { houses: [{ oper: "DELETE", techId: house.techId }] };
      default: {
        const changes = houses
          .filter(() => below(2) === 0)
          .map(({ techId }) => ({
            oper: "UPDATE" as const,
            techId,
            fields: {
              number: below(100),
              rooms: [{ oper: "CREATE" as const, techId: newTechId(), fields: { label: "room" } }],
            },
          }));
        return changes.length === 0 ? {} : { houses: changes };
      }
    }
  }

  #tags(): string {
    return TAGS[this.#below(TAGS.length)]!;
  }

  #house() {
    return { techId: newTechId(), number: this.#below(100), rooms: [{ techId: newTechId(), label: "first" }] };
  }
}

interface Follower {
  readonly replica: Replica<MapCopy>;
  readonly tracking: Tracking;
}

function follow(site: OneSite, clientId: string, tracking: Tracking, slice: string, errors: unknown[]): Follower {
  const { clock } = site;
  const edge = new Edge(new DirectClient(clientId, site.service), { schema, tracking, clock });
  const replica = new Replica(edge, { slice, copy: new MapCopy(), clock });
  replica.on("error", (error) => errors.push(error));
  void replica.start();
  return { replica, tracking };
}

/** Gives what is wrong with a copy. */
function faultsOf({ replica, tracking }: Follower, entities: readonly Entity[]): string[] {
  const slice = parseTopicsSlice(replica.topicsSlice);
  const left = new Set(replica.copy.techIds());
  const wrong: string[] = [];
  for (const entity of entities) {
    const { techId, topics } = entity;
    const held = replica.copy.get(techId);
    left.delete(techId);
    const isSelected = slice.selects(topics);
    if (isSelected && !held) wrong.push(`${techId} is missing`);
    if (held && !isSelected && tracking === "transition") wrong.push(`${techId} has not left`);
    if (!held || slice.vetoes(topics)) continue;
    const comparable = ({ fields, topics, updateTime }: Pick<Entity, "fields" | "topics" | "updateTime">): string =>
      JSON.stringify([fields, topics, updateTime]);
    if (comparable(plain(held)) !== comparable(plain(entity))) {
      wrong.push(`${techId} is ${comparable(plain(held))}, not ${comparable(plain(entity))}`);
    }
  }
  return [...wrong, ...[...left].map((techId) => `${techId} is deleted`)];
}

/** Fields in one order, empty lists and nulls left out: an edge has null where the database has no parts. */
function plain<T extends { fields: unknown }>(entity: T): T {
  return { ...entity, fields: sorted(entity.fields) };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const present = Object.entries(value).filter(([, one]) => one !== null && !(Array.isArray(one) && one.length === 0));
  return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

async function converges(seed: number): Promise<void> {
  const below = numbersFrom(seed);
  const store = await newStore();
  const entities = new Entities(store, schema, {
    topicsOf: ({ fields }) => String(fields["tags"]).split(","),
    clock: { now: () => 1_000_000 + below(1_000), after: () => () => undefined, soon: setImmediate },
  });
  const writer = new Writer(entities, below);
  for (let times = 0; times < 8; times++) await writer.write();
  const site = await OneSite.start({ store, schema, reader: slowReader(entities, below) });
  const errors: unknown[] = [];
  const followers = [
    follow(site, "c1", "transition", "A", errors),
    follow(site, "c1", "transition", "B*!V", errors),
    follow(site, "c2", "registration", "A+B", errors),
  ];
  for (let step = 0; step < STEPS; step++) {
    await writer.write();
    site.service.notify();
    for (let turns = below(8); turns > 0; turns--) await settle();
    if (below(10) === 0) followers.push(follow(site, "c1", "transition", SLICES[below(SLICES.length)]!, errors));
    if (below(10) !== 0) continue;
    const { replica } = followers[below(followers.length)]!;
    void replica.changeSlice(SLICES[below(SLICES.length)]!).catch(() => undefined);
  }
  await site.read();
  const truth: Entity[] = [];
  for await (const entity of entities.list(Town)) truth.push(entity);
  let wrong = ["nothing was compared"];
  for (let turn = 0; turn < 300 && wrong.length > 0; turn++) {
    await settle();
    wrong = followers.flatMap((one) => faultsOf(one, truth));
  }
  for (const { replica } of followers) await replica.stop();
  await site.close();
  expect(wrong).toEqual([]);
  expect(errors).toEqual([]);
}

it("leads every copy to what the database holds, though bodies are read later than they are asked for", async () => {
  await fc.assert(fc.asyncProperty(fc.integer(), converges), { numRuns: 5, endOnFailure: true });
}, 60_000);
