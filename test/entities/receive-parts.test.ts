import { afterEach, beforeEach, expect, it } from "vitest";
import { encodeDeltaBuffer, decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { int32, parts, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import type { Version } from "../../src/delta/version.js";
import type { EntitiesOptions } from "../../src/entities/entities.js";
import type { Received } from "../../src/entities/receiver.js";
import { PART_TOMBSTONES_MAX } from "../../src/base/limits.js";
import type { Store } from "../../src/store/store.js";
import { openMemory } from "../store/sqlite-files.js";
import { entitiesOf, everyDelta, id, logged, Party, Person, TestClock } from "./entities-setup.js";
import { explained } from "./site-world.js";

let cleanups: (() => Promise<void>)[] = [];
let [a, b]: [Side, Side] = [undefined, undefined] as never;

/** A father and his son, or the other way round: each takes what the other wrote when it is told to. */
class Side {
  readonly store: Store;
  readonly name: string;
  readonly clock = new TestClock();
  readonly entities;
  #taken = 0;

  constructor(store: Store, name: string, options: Partial<EntitiesOptions> = {}) {
    this.store = store;
    this.name = name;
    this.entities = entitiesOf(store, { siteId: name, clock: this.clock, ...options });
  }

  async take(from: Side): Promise<Received[]> {
    const deltas = await logged(from.store);
    const fresh = deltas.slice(this.#taken).filter(({ topics }) => !topics.includes(`#not-site-${this.name}`));
    this.#taken = deltas.length;
    return this.receive(from, fresh);
  }

  receive(from: { readonly name: string }, deltas: readonly DeltaObject[]): Promise<Received[]> {
    return this.entities.receive({ role: "son", siteId: from.name }, async (receiver) => {
      const results: Received[] = [];
      for (const delta of deltas) results.push(await receiver.receive(delta));
      return results;
    });
  }

  update(fields: object): Promise<unknown> {
    this.clock.time += 10;
    return this.entities.transaction((unit) => unit.update(Person, id(1), fields));
  }

  async phones(): Promise<string[]> {
    const person = await this.entities.get(Person, id(1));
    return person!.fields.phones.map(({ techId, number }) => `${parseInt(techId.slice(-4), 16)}${number ?? ""}`);
  }
}

async function open(name: string, options: Partial<EntitiesOptions> = {}): Promise<Side> {
  const opened = await openMemory();
  cleanups.push(() => opened.cleanup());
  return new Side(opened.store, name, options);
}

async function exchange(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await b.take(a);
    await a.take(b);
  }
  const [left, right] = [await everyDelta(a.entities, a.store), await everyDelta(b.entities, b.store)];
  expect(right.map(explained)).toEqual(left.map(explained));
}

beforeEach(async () => {
  [a, b] = [await open("a"), await open("b")];
  const phones = [1, 2, 3].map((number) => ({ techId: id(number), number: "x" }));
  await a.entities.transaction((unit) => unit.create(Person, { phones }, { techId: id(1) }));
  await exchange();
});

afterEach(async () => {
  for (const cleanup of cleanups) await cleanup();
  cleanups = [];
});

it("R54: changes of different fields and parts at two sites both stay", async () => {
  await a.update({ phones: [{ oper: "UPDATE", techId: id(1), fields: { number: "a" } }] });
  await b.update({ phones: [{ oper: "UPDATE", techId: id(1), fields: { position: 7 } }] });
  await b.update({ phones: [{ oper: "UPDATE", techId: id(2), fields: { number: "b" } }] });
  await exchange();
  expect(await a.phones()).toEqual(["1a", "2b", "3x"]);
});

it("R54: an update does not revive a part that was deleted", async () => {
  await a.update({ phones: [{ oper: "DELETE", techId: id(2) }] });
  b.clock.time += 1_000;
  await b.update({ phones: [{ oper: "UPDATE", techId: id(2), fields: { number: "b" } }] });
  await exchange();
  expect(await a.phones()).toEqual(["1x", "3x"]);
});

it("R54: of a deletion and a new creation the newer counts, and the new part takes nothing over", async () => {
  await a.update({ phones: [{ oper: "DELETE", techId: id(2) }] });
  await b.update({ phones: [{ oper: "UPDATE", techId: id(2), fields: { position: 9 } }] });
  await a.update({ phones: [{ oper: "CREATE", techId: id(2), fields: { number: "new" } }] });
  await exchange();
  expect(await b.phones()).toEqual(["1x", "3x", "2new"]);
  expect((await b.entities.get(Person, id(1)))!.fields.phones.at(-1)!.position).toBeNull();
});

it("R54: keep the order that an application gave; parts of others stand by when they were created", async () => {
  await a.update({ phones: [3, 1, 2].map((number) => ({ techId: id(number) })) });
  await exchange();
  expect(await b.phones()).toEqual(["3", "1", "2"]);
  await b.update({ phones: [{ oper: "CREATE", techId: id(4) }] });
  a.clock.time += 500;
  await a.update({ phones: [2, 1, 3].map((number) => ({ techId: id(number) })) });
  await exchange();
  expect(await b.phones()).toEqual(["4", "2", "1", "3"]);
});

it("R54: which single part it is, is one value", async () => {
  await a.update({ home: { techId: id(11), number: "a" } });
  await exchange();
  b.clock.time += 500;
  await b.update({ home: { techId: id(12), number: "b" } });
  await a.update({ home: { oper: "UPDATE", techId: id(11), fields: { number: "late" } } });
  await exchange();
  expect((await a.entities.get(Person, id(1)))!.fields.home).toMatchObject({ techId: id(12), number: "b" });
  await a.update({ home: null });
  await exchange();
  expect((await b.entities.get(Person, id(1)))!.fields.home).toBeNull();
});

it("a part that two sites move to another owner at the same time goes where it was moved last", async () => {
  const moved = (to: number) => [
    { oper: "UPDATE", techId: id(1), fields: { lines: [{ oper: "DELETE", techId: id(20) }] } },
    {
      oper: "UPDATE",
      techId: id(to),
      fields: { lines: [{ oper: "CREATE", techId: id(20), fields: { digits: `${to}` } }] },
    },
  ];
  await a.update({
    phones: [{ oper: "UPDATE", techId: id(1), fields: { lines: [{ oper: "CREATE", techId: id(20) }] } }],
  });
  await exchange();
  await a.update({ phones: moved(2) });
  b.clock.time += 500;
  await b.update({ phones: moved(3) });
  await exchange();
  const { phones } = (await a.entities.get(Person, id(1)))!.fields;
  expect(phones.map(({ lines }) => lines.map(({ digits }) => digits))).toEqual([[], [], ["3"]]);
});

it("setting a field of parts to null deletes its parts", async () => {
  await a.update({ phones: null });
  await exchange();
  expect(await b.phones()).toEqual([]);
  const version: Version = { timeMs: 1_000_500, counter: 0, site: "c" };
  await a.update({ phones: [{ oper: "CREATE", techId: id(9) }] });
  await exchange();
  const own = Person.delta({
    oper: "UPDATE",
    techId: id(1),
    updateTime: new Date(1),
    fields: { phones: null },
    version,
  });
  expect(await a.receive({ name: "c" }, [own])).toEqual(["merged"]);
  await exchange();
  expect(await b.phones()).toEqual([]);
});

it("R56: a change that builds on a part that never came is lacking, and does nothing", async () => {
  const log = (await logged(a.store)).length;
  await a.update({ phones: [{ oper: "CREATE", techId: id(4) }] });
  await a.update({ phones: [{ oper: "UPDATE", techId: id(4), fields: { number: "4" } }] });
  const [create, update] = (await logged(a.store)).slice(log);
  expect(await b.receive(a, [update!])).toEqual(["incomplete"]);
  expect(await b.phones()).toEqual(["1x", "2x", "3x"]);
  expect(await b.receive(a, [create!, update!])).toEqual(["merged", "merged"]);
  expect(await b.phones()).toEqual(["1x", "2x", "3x", "44"]);
});

it("R60: a whole object without a part that is here makes its REGISTER take the synchronized bit", async () => {
  const [whole] = await everyDelta(b.entities, b.store);
  await a.update({ phones: [{ oper: "CREATE", techId: id(4) }] });
  const log = (await logged(a.store)).length;
  expect(await a.receive(b, [whole!])).toEqual(["unchanged"]);
  expect((await logged(a.store)).slice(log)).toMatchObject([
    { oper: "REGISTER", takesSynchronized: true },
    { oper: "FULL" },
  ]);
});

it("R54: a whole object tells what was deleted; a collection remembers a limited number of deletions", async () => {
  await a.update({ phones: [{ oper: "DELETE", techId: id(2) }] });
  const [whole] = await everyDelta(a.entities, a.store);
  await b.receive(a, [whole!]);
  expect(await b.phones()).toEqual(["1x", "3x"]);
  const many = Array.from({ length: PART_TOMBSTONES_MAX + 5 }, (_, at) => ({ techId: id(1_000 + at) }));
  await a.update({ phones: many });
  await a.update({ phones: [] });
  const [after] = await everyDelta(a.entities, a.store);
  const paths = after!.fieldVersions.flatMap(({ partFields }) => partFields ?? []);
  expect(paths).toHaveLength(PART_TOMBSTONES_MAX);
});

it("R58: what a policy refuses keeps the value held, under a new version that goes to the sender too", async () => {
  const strict = await open("c", {
    mergePolicy: ({ fields, held, merged }) => {
      expect(held.fields).not.toEqual(merged.fields);
      return fields.filter((name) => name === "city");
    },
  });
  await strict.take(a);
  await a.update({
    name: "no",
    city: "oslo",
    phones: [
      { oper: "DELETE", techId: id(1) },
      { oper: "CREATE", techId: id(4) },
    ],
  });
  const log = (await logged(strict.store)).length;
  expect(await strict.take(a)).toEqual(["merged"]);
  const sent = (await logged(strict.store)).slice(log);
  expect(sent).toMatchObject([
    { oper: "REGISTER" },
    { oper: "UPDATE", topics: ["#father-site", "#not-site-a", "oslo"], fields: { city: "oslo" } },
    { oper: "UPDATE", topics: ["#father-site", "oslo"], fields: { name: null } },
  ]);
  await a.take(strict);
  const [left, right] = [await everyDelta(a.entities, a.store), await everyDelta(strict.entities, strict.store)];
  expect(left.map(explained)).toEqual(right.map(explained));
  expect(await a.phones()).toEqual(["1x", "2x", "3x"]);
  expect((await a.entities.get(Person, id(1)))!.fields).toMatchObject({ name: null, city: "oslo" });
});

it("R55: after a restore versions carry another name of the site", async () => {
  const versions: string[] = [];
  for (let restored = 0; restored < 3; restored++) {
    const again = new Side(a.store, "a");
    await again.entities.transaction((unit) => unit.create(Party, {}));
    versions.push((await logged(a.store)).at(-1)!.version.site);
    if (restored === 0) await a.store.log.newEpoch();
  }
  expect(versions).toEqual(["a", expect.stringMatching(/^a\.[0-9a-f]{8}$/), versions[1]]);
});

it("deltas of an older schema leave alone what it does not know", async () => {
  const Old = deltaClass("Leaf", { text: string() });
  const OldTree = deltaClass("Tree", { name: string(), leaves: parts(Old) });
  const older = makeSchema("old", [Old, OldTree]);
  const Leaf = deltaClass("Leaf", { size: int32(), text: string() });
  const Tree = deltaClass("Tree", { added: string(), leaves: parts(Leaf), name: string() });
  const newer = makeSchema("new", [Leaf, Tree]);
  const opened = await openMemory();
  cleanups.push(() => opened.cleanup());
  const entities = entitiesOf(opened.store, { siteId: "n", clock: new TestClock() }, newer);
  const leaves = [{ techId: id(2), size: 1, text: "t" }];
  await entities.transaction((unit) => unit.create(Tree, { added: "kept", leaves, name: "n" }, { techId: id(1) }));
  const created = (await logged(opened.store, newer))[0]!.version;
  const later: Version = { timeMs: 1_000_100, counter: 0, site: "o" };
  const whole = OldTree.delta({
    oper: "FULL",
    techId: id(1),
    updateTime: new Date(1),
    fields: { name: "o", leaves: [{ techId: id(2), text: "u" }] },
    version: later,
    fieldVersions: [
      { version: created, fields: [1] },
      { version: later, fields: [], partFields: [{ steps: [{ field: 1, techId: id(2) }], field: 0 }] },
    ],
  });
  const named = (name: string) => (name === "old" ? older : undefined);
  const [mapped] = decodeDeltaBuffer({ own: newer, named }, encodeDeltaBuffer(older, [whole]));
  const [result] = await entities.receive({ role: "son", siteId: "o" }, async (receiver) => [
    await receiver.receive(mapped!),
  ]);
  expect(result).toBe("merged");
  expect((await logged(opened.store, newer))[1]!.takesSynchronized).toBe(false);
  expect((await entities.get(Tree, id(1)))!.fields).toEqual({
    added: "kept",
    name: "o",
    leaves: [{ techId: id(2), size: 1, text: "u" }],
  });
});
