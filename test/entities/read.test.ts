import { expect, it } from "vitest";
import type { DeltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Entities } from "../../src/entities/entities.js";
import { collect } from "../store/contract-setup.js";
import { Employee, entitiesOf, everyDelta, id, onEveryStore, Party, Person } from "./entities-setup.js";

const idsOf = (deltas: readonly DeltaObject[]): string[] => deltas.map(({ techId }) => techId).sort();

function read(entities: Entities, deltaClass: DeltaClass, ...numbers: number[]): Promise<DeltaObject[]> {
  return collect(
    entities.read(
      deltaClass,
      numbers.map((number) => id(number)),
    ),
  );
}

onEveryStore((setup) => {
  it("reads entities by tech-id as a cache that starts reads them", async () => {
    const { store } = setup;
    const entities = entitiesOf(store);
    await entities.transaction(async (unit) => {
      for (const number of [1, 2]) {
        const phones = [{ techId: id(10), number: `${number}`, lines: [{ techId: id(11), digits: "d" }] }];
        await unit.create(Employee, { name: `n${number}`, phones }, { techId: id(number) });
      }
      await unit.create(Employee, { name: "n3" }, { techId: id(3) });
      await unit.update(Employee, id(2), { name: "changed" });
    });
    const every = await everyDelta(entities, store);
    expect(await read(entities, Employee, 1, 2)).toEqual(every.filter(({ techId }) => techId !== id(3)));
    expect(await read(entities, Employee, 2)).toEqual(every.filter(({ techId }) => techId === id(2)));
  });

  it("leaves out what is not there, and what is of another class", async () => {
    const entities = entitiesOf(setup.store);
    expect(await read(entities, Person, 1)).toEqual([]);
    await entities.transaction(async (unit) => {
      await unit.create(Person, { name: "a" }, { techId: id(1) });
      await unit.create(Employee, { name: "b" }, { techId: id(2) });
      await unit.create(Party, { name: "c" }, { techId: id(3) });
      await unit.create(Person, { name: "d" }, { techId: id(4) });
    });
    await entities.transaction((unit) => unit.remove(Person, id(4)));
    expect(idsOf(await read(entities, Person, 1, 2, 3, 4, 5))).toEqual([id(1)]);
    expect(await read(entities, Person, 2)).toEqual([]);
    expect(await read(entities, Person)).toEqual([]);
  });

  it("reads many in batches, and frees the database where the rest is not wanted", async () => {
    const entities = entitiesOf(setup.store);
    const numbers = Array.from({ length: 600 }, (_, at) => at + 1);
    await entities.transaction(async (unit) => {
      for (const number of numbers) await unit.create(Party, { name: `n${number}` }, { techId: id(number) });
    });
    const all = await read(entities, Party, ...numbers);
    expect(idsOf(all)).toEqual(numbers.map((number) => id(number)).sort());
    // More often than there can be snapshots at once.
    for (let times = 0; times < 20; times++) {
      for await (const batch of entities.read(Party, idsOf(all))) {
        expect(batch.length).toBeLessThan(numbers.length);
        break;
      }
    }
  });
});
