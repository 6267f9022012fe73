import { expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Origin, Received, Receiver } from "../../src/entities/receiver.js";
import { Dice } from "../support/dice.js";
import { openMemory } from "../store/sqlite-files.js";
import type { OpenedStore } from "../store/contract-setup.js";
import {
  entitiesOf,
  everyDelta,
  id,
  logged,
  onEveryStoreAndTable,
  Party,
  Person,
  TestClock,
} from "./entities-setup.js";
import { explained, oneByOne } from "./site-world.js";

const father: Origin = { role: "father", wants: (topics) => !topics.includes("rome") };
const son: Origin = { role: "son", siteId: "x" };
const cities = ["paris", "rome", "oslo"];

/** More than one statement names at once. */
const ENTITIES = 300;

/** Makes deltas of entities with and without parts, of two classes; some entities come several times. */
function arriving(dice: Dice, count: number): DeltaObject[] {
  return Array.from({ length: count }, (_, at) => {
    const number = dice.between(1, ENTITIES);
    const oper = dice.pick(["CREATE", "CREATE", "FULL", "UPDATE", "PARTIAL", "DELETE", "REGISTER"] as const);
    const techId = id(number);
    const city = dice.pick(cities);
    const common = { techId, updateTime: new Date(1_000 + at), topics: [city], version: version(dice) };
    const name = `${number} of ${city}`;
    const says = oper !== "DELETE" && oper !== "REGISTER";
    if (number % 3 === 0) return Party.delta({ ...common, oper, fields: says ? { name, city } : {} });
    const isWhole = oper === "CREATE" || oper === "FULL";
    const phones = isWhole ? [{ techId: id(1_000), number: name }, { techId: id(dice.between(1_001, 1_003)) }] : null;
    return Person.delta({ ...common, oper, fields: says ? { name, city, ...(phones && { phones }) } : {} });
  });
}

function version(dice: Dice) {
  return { timeMs: dice.between(1, 50), counter: dice.between(0, 3), site: dice.pick(["y", "z"]) };
}

onEveryStoreAndTable((setup) => {
  it("receives many together as it receives each by itself", async () => {
    const dice = new Dice(1);
    const other: OpenedStore = await openMemory();
    try {
      const entities = entitiesOf(setup.store, { clock: new TestClock(), siteId: "here" });
      const oracle = entitiesOf(other.store, { clock: new TestClock(), siteId: "here" });
      const kinds = new Set<Received>();
      for (const origin of [father, son, father]) {
        const deltas = arriving(dice, 400);
        const together = await entities.receive(origin, (receiver) => receiver.receiveAll(deltas));
        expect(together).toEqual(await oracle.receive(origin, (receiver) => oneByOne(receiver, deltas)));
        for (const kind of together) kinds.add(kind);
      }
      expect([...kinds].sort()).toEqual(["created", "lacking", "merged", "unchanged", "unwanted"]);
      const touched = [id(3), id(9_999), id(4), id(3)];
      for (const one of [entities, oracle]) await one.receive(father, (receiver: Receiver) => receiver.touch(touched));
      expect((await logged(setup.store)).map(told)).toEqual((await logged(other.store)).map(told));
      expect((await everyDelta(entities, setup.store)).map(explained).sort(byTechId)).toEqual(
        (await everyDelta(oracle, other.store)).map(explained).sort(byTechId),
      );
    } finally {
      await other.cleanup();
    }
  });
});

function told({ deltaClass, ...delta }: DeltaObject): object {
  return { ...delta, deltaClass: deltaClass.name };
}

function byTechId(a: object, b: object): number {
  return (a as DeltaObject).techId < (b as DeltaObject).techId ? -1 : 1;
}
