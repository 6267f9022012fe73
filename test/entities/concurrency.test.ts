import { describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { int32, parts, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import type { Store } from "../../src/store/store.js";
import { gate, setUp } from "../store/contract-setup.js";
import { openPostgresql } from "../store/postgresql-databases.js";
import { all, entitiesOf, id, logged, onEveryServer, Party, Person } from "./entities-setup.js";

const Counter = deltaClass("Counter", { a: int32(), b: int32() });
const counters = makeSchema("v1", [Counter]);

function countersOf(store: Store) {
  return entitiesOf(store, {}, counters);
}

describe("entities of several programs at once", () => {
  onEveryServer((setup) => {
    it("are created in tables that each of them finds missing", async () => {
      const others = await Promise.all(Array.from({ length: 4 }, () => setup.opened.reopen!()));
      await Promise.all(
        [setup.store, ...others].map((store, index) =>
          entitiesOf(store, { siteId: "one" }).transaction((unit) =>
            unit.create(Person, { name: `p${index}`, phones: [{ number: "1" }, { number: "2" }] }),
          ),
        ),
      );
      const people = await all(entitiesOf(setup.store).list(Person));
      expect(people.map(({ fields }) => fields.name).sort()).toEqual(["p0", "p1", "p2", "p3", "p4"]);
      expect(await logged(setup.store)).toHaveLength(5);
    });

    it("lose no update of one another, and log them in the order in which they happened", async () => {
      const stores = [setup.store, await setup.opened.reopen!(), await setup.opened.reopen!()];
      await countersOf(setup.store).transaction((unit) => unit.create(Counter, { a: 0, b: 0 }, { techId: id(1) }));
      await Promise.all(
        stores.map(async (store, index) => {
          const entities = countersOf(store);
          for (let count = 0; count < 12; count++) {
            await entities.transaction(async (unit) => {
              const { fields } = (await unit.get(Counter, id(1)))!;
              if (index === 0) await unit.update(Counter, id(1), { a: fields.a! + 1 });
              else await unit.update(Counter, id(1), { b: fields.b! + 1 });
            });
          }
        }),
      );
      expect((await countersOf(setup.store).get(Counter, id(1)))!.fields).toEqual({ a: 12, b: 24 });
      const deltas = (await logged(setup.store, counters)).slice(1);
      const seen = { a: 0, b: 0 };
      for (const { fields } of deltas) {
        for (const name of ["a", "b"] as const) {
          if (fields[name] !== undefined) expect(fields[name]).toBe(++seen[name]);
        }
      }
      expect(seen).toEqual({ a: 12, b: 24 });
    });

    it("are read as they were before a transaction that has not ended, without waiting for it", async () => {
      const entities = entitiesOf(setup.store);
      await entities.transaction((unit) => unit.create(Party, { name: "before" }, { techId: id(1) }));
      const [written, mayEnd] = [gate(), gate()];
      const writing = entities.transaction(async (unit) => {
        await unit.update(Party, id(1), { name: "after" });
        written.open();
        await mayEnd.passed;
      });
      await written.passed;
      expect((await entities.get(Party, id(1)))!.fields.name).toBe("before");
      mayEnd.open();
      await writing;
      expect((await entities.get(Party, id(1)))!.fields.name).toBe("after");
    });
  });
});

describe("names that PostgreSQL would cut off", () => {
  const setup = setUp(() => openPostgresql());
  const long = "x".repeat(50);

  it("are shortened where they are those of tables", async () => {
    const Inner = deltaClass("Inner", { name: string() });
    const Outer = deltaClass("Outer", { [`${long}1`]: parts(Inner), [`${long}2`]: parts(Inner) });
    const Whole = deltaClass("Whole", { [long]: parts(Outer) });
    const schema = makeSchema("v1", [Inner, Outer, Whole]);
    const entities = entitiesOf(setup.store, {}, schema);
    const fields = { [long]: [{ [`${long}1`]: [{ name: "a" }], [`${long}2`]: [{ name: "b" }] }] };
    const { techId } = await entities.transaction((unit) => unit.create(Whole, fields));
    expect((await entitiesOf(setup.store, {}, schema).get(Whole, techId))!.fields).toMatchObject(fields);
  });

  it("are refused where they are those of fields", () => {
    const Thing = deltaClass("Thing", { ["x".repeat(64)]: string() });
    expect(() => entitiesOf(setup.store, {}, makeSchema("v1", [Thing]))).toThrow(/longer name/);
  });
});
