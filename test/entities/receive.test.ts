import { expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Version } from "../../src/delta/version.js";
import type { Entities } from "../../src/entities/entities.js";
import type { Origin, Received } from "../../src/entities/receiver.js";
import { all, entitiesOf, id, logged, loggedRows, onEveryStoreAndTable, Party, TestClock } from "./entities-setup.js";

const father: Origin = { role: "father", wants: (topics) => topics.includes("paris") };
const son: Origin = { role: "son", siteId: "x" };

function at(timeMs: number, site = "other"): Version {
  return { timeMs, counter: 0, site };
}

function arriving(init: Partial<Parameters<typeof Party.delta>[0]> = {}): DeltaObject {
  return Party.delta({
    oper: "CREATE",
    techId: id(1),
    updateTime: new Date(500),
    topics: ["paris"],
    fields: { name: "Ada", city: "paris" },
    version: at(500),
    ...init,
  });
}

function receive(entities: Entities, origin: Origin, ...deltas: DeltaObject[]): Promise<Received[]> {
  return entities.receive(origin, async (receiver) => {
    const results: Received[] = [];
    for (const delta of deltas) results.push(await receiver.receive(delta));
    return results;
  });
}

function told({ oper, topics, oldTopics, fields, version }: DeltaObject): object {
  return { oper, topics, oldTopics, fields, timeMs: version.timeMs };
}

onEveryStoreAndTable((setup) => {
  const open = (options = {}): Entities =>
    entitiesOf(setup.store, { clock: new TestClock(), siteId: "here", ...options });

  it("R59: a creation from a son goes to the father and the other sons, and registers the son", async () => {
    const entities = open();
    expect(await receive(entities, son, arriving())).toEqual(["created"]);
    const [register, create] = await logged(setup.store);
    expect(told(register!)).toMatchObject({ oper: "REGISTER", topics: ["#site-x"], fields: {} });
    expect(register!.takesSynchronized).toBe(false);
    expect(told(create!)).toEqual({
      oper: "CREATE",
      topics: ["#father-site", "#not-site-x", "paris"],
      oldTopics: null,
      fields: { name: "Ada", city: "paris" },
      timeMs: 500,
    });
    expect(await loggedRows(setup.store)).toHaveLength(1);
    expect((await entities.get(Party, id(1)))!.updateTime).toEqual(new Date(500));
  });

  it("R59: a creation from the father goes to the sons alone", async () => {
    const entities = open();
    expect(await receive(entities, father, arriving({ oper: "FULL" }))).toEqual(["created"]);
    expect((await logged(setup.store)).map(told)).toMatchObject([{ oper: "CREATE", topics: ["paris"] }]);
  });

  it("R57: a whole object from the father that is neither held nor wanted is left alone", async () => {
    const entities = open();
    expect(await receive(entities, father, arriving({ topics: ["rome"] }))).toEqual(["unwanted"]);
    expect(await logged(setup.store)).toEqual([]);
  });

  it("R56: an update of an entity that is not held is not applied", async () => {
    const entities = open();
    expect(await receive(entities, son, arriving({ oper: "UPDATE" }), arriving({ oper: "PARTIAL" }))).toEqual([
      "lacking",
      "lacking",
    ]);
    expect(await logged(setup.store)).toEqual([]);
  });

  it("R53, R60: an accepted update from a son: REGISTER, then what was accepted with its versions", async () => {
    const entities = open();
    await receive(entities, son, arriving());
    const update = arriving({
      oper: "UPDATE",
      updateTime: new Date(400),
      fields: { name: "Bea", city: "rome" },
      version: at(700),
      fieldVersions: [{ version: at(300), fields: [0] }],
    });
    expect(await receive(entities, son, update)).toEqual(["merged"]);
    const [, , register, sent] = await logged(setup.store);
    expect(register!.oper).toBe("REGISTER");
    expect(sent).toMatchObject({ oper: "UPDATE", fields: { city: "rome" }, version: at(700), fieldVersions: [] });
    expect(sent!.topics).toEqual(["#father-site", "#not-site-x", "rome"]);
    expect(sent!.oldTopics).toEqual(["paris"]);
    expect((await entities.get(Party, id(1)))!).toMatchObject({ updateTime: new Date(500), topics: ["rome"] });
  });

  it("R59, R60: in the other form, PARTIAL and FULL", async () => {
    const entities = open({ updateForm: "PARTIAL+FULL" });
    await receive(entities, son, arriving());
    await receive(entities, son, arriving({ oper: "PARTIAL", fields: { city: "rome" }, version: at(700) }));
    await entities.transaction((unit) => unit.update(Party, id(1), { name: "Cid" }));
    const deltas = (await logged(setup.store)).slice(2);
    expect(deltas.map(told)).toMatchObject([
      { oper: "REGISTER" },
      { oper: "PARTIAL", topics: ["#father-site", "#not-site-x", "rome"], fields: { city: "rome" } },
      { oper: "FULL", topics: ["rome"], oldTopics: ["paris"], fields: { name: "Ada", city: "rome" } },
      { oper: "PARTIAL", topics: ["#father-site", "rome"], fields: { name: "Cid" } },
      { oper: "FULL", topics: ["rome"], fields: { name: "Cid", city: "rome" } },
    ]);
    expect(deltas[2]!.fieldVersions).toMatchObject([{ version: at(500), fields: [0] }]);
  });

  it("R60: a rejected update from a son: REGISTER and FULL; from the father: nothing", async () => {
    const entities = open();
    await receive(entities, son, arriving({ version: at(900) }));
    const update = arriving({ oper: "UPDATE", fields: { name: "old" }, version: at(800) });
    expect(await receive(entities, father, update)).toEqual(["unchanged"]);
    expect(await logged(setup.store)).toHaveLength(2);
    expect(await receive(entities, son, update)).toEqual(["unchanged"]);
    const [, , register, full] = await logged(setup.store);
    expect(register).toMatchObject({ oper: "REGISTER", topics: ["#site-x"], takesSynchronized: false });
    expect(told(full!)).toMatchObject({ oper: "FULL", topics: ["paris"], oldTopics: null, fields: { name: "Ada" } });
  });

  it("R60: a whole object from a son with an older field makes its REGISTER take the synchronized bit", async () => {
    const entities = open();
    await receive(entities, son, arriving());
    await entities.transaction((unit) => unit.update(Party, id(1), { name: "newer" }));
    expect(await receive(entities, son, arriving({ fields: { city: "rome" }, version: at(600) }))).toEqual(["merged"]);
    const [, , , register, update] = await logged(setup.store);
    expect(register).toMatchObject({ oper: "REGISTER", takesSynchronized: true });
    expect(update).toMatchObject({ oper: "UPDATE", fields: { city: "rome" } });
    expect((await entities.get(Party, id(1)))!.fields).toMatchObject({ name: "newer", city: "rome" });
  });

  it("R59: local writes go to the father", async () => {
    const entities = open();
    await entities.transaction(async (unit) => {
      await unit.create(Party, { name: "a" }, { techId: id(2) });
      await unit.update(Party, id(2), { name: "b" });
      await unit.remove(Party, id(2));
    });
    expect((await logged(setup.store)).map(({ topics }) => topics)).toEqual([
      ["#father-site", "all"],
      ["#father-site", "all"],
      ["all"],
    ]);
  });

  it("R55: a version too far ahead is refused, and the transaction rolled back", async () => {
    const entities = open({ clockAheadMsMax: 1_000 });
    const ahead = arriving({ techId: id(2), fieldVersions: [{ version: at(1_001_001), fields: [1] }] });
    await expect(receive(entities, son, arriving(), ahead)).rejects.toMatchObject({ code: "ClockAhead" });
    expect(await logged(setup.store)).toEqual([]);
    expect(await receive(entities, son, arriving({ version: at(1_001_000) }))).toEqual(["created"]);
  });

  it("R55: what is written here after an arrival is newer than it", async () => {
    const entities = open();
    await receive(entities, son, arriving({ version: at(1_050_000) }));
    await entities.transaction((unit) => unit.update(Party, id(1), { name: "newer" }));
    expect((await logged(setup.store)).at(-1)!.version).toEqual({ timeMs: 1_050_000, counter: 1, site: "here" });
  });

  it("touch gives an entity to the father again; drop deletes; techIds and idsWhere tell", async () => {
    const entities = open();
    await receive(entities, father, arriving(), arriving({ techId: id(2), fields: { city: "paris" } }));
    await entities.receive(father, (receiver) => receiver.touch([id(9), id(2)]));
    const touched = (await logged(setup.store)).at(-1)!;
    expect(told(touched)).toMatchObject({ oper: "CREATE", topics: ["#father-site", "paris"], oldTopics: ["paris"] });
    expect((await all(entities.techIds())).flat().sort()).toEqual([id(1), id(2)]);
    await entities.transaction((unit) => unit.create(Party, { city: "rome" }));
    const wanted = await all(entities.idsWhere((topics) => topics.includes("paris")));
    const byId = [id(1), id(2)].map((techId) => ({ techId, deltaClass: Party }));
    expect(wanted.flat().sort((a, b) => (a.techId < b.techId ? -1 : 1))).toEqual(byId);
    await setup.store.transaction((transaction) => entities.drop(transaction, [id(1), id(2), id(9)]));
    const dropped = (await loggedRows(setup.store)).at(-1)!;
    expect(dropped.map(({ oper, topics }) => [oper, topics])).toEqual([
      ["DELETE", ["paris"]],
      ["DELETE", ["paris"]],
    ]);
    expect((await all(entities.techIds())).flat()).toHaveLength(1);
  });
});
