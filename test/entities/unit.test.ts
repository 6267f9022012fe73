import { describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import type { Unit } from "../../src/entities/unit.js";
import type { Entity } from "../../src/entities/entity.js";
import type { Store } from "../../src/store/store.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { expectCode, readLog } from "../store/contract-setup.js";
import { fieldsTable, tablesIn } from "./application-tables.js";
import {
  all,
  Employee,
  entitiesOf,
  everyDelta,
  id,
  Line,
  logged,
  loggedRows,
  onEveryStoreAndTable,
  Party,
  Person,
  Phone,
  TestClock,
} from "./entities-setup.js";

async function rowsIn(store: Store, table: string): Promise<number> {
  const rows = await store.snapshot((snapshot) => snapshot.all(`SELECT * FROM "${table}"`));
  return rows.length;
}

describe("transactions of Entities", () => {
  onEveryStoreAndTable((setup) => {
    it("write entities, and all their deltas as one row of the log", async () => {
      const { store } = setup;
      const clock = new TestClock();
      const entities = entitiesOf(store, { clock, siteId: "paris" });
      const entity = await entities.transaction(async (unit) => {
        const created = await unit.create(Party, { name: "a", city: "Rome" }, { techId: id(1).toUpperCase() });
        clock.time += 5;
        await unit.update(Party, created.techId, { name: "b", city: "Rome" });
        const last = await unit.update(Party, created.techId, { city: "Oslo" });
        await unit.remove(Party, created.techId);
        return last;
      });
      expect(entity).toEqual({
        deltaClass: Party,
        techId: id(1),
        updateTime: new Date(1_000_005),
        topics: ["Oslo"],
        fields: { name: "b", city: "Oslo" },
      });
      const [deltas, ...rest] = await loggedRows(store);
      expect(rest).toEqual([]);
      const version = (timeMs: number, counter: number) => ({ timeMs, counter, site: "paris" });
      const common = { deltaClass: Party, techId: id(1), inCache: true, fieldVersions: [] };
      expect(deltas).toMatchObject([
        {
          ...common,
          oper: "CREATE",
          topics: ["#father-site", "Rome"],
          oldTopics: null,
          fields: { name: "a", city: "Rome" },
          version: version(1_000_000, 0),
        },
        {
          ...common,
          oper: "UPDATE",
          topics: ["#father-site", "Rome"],
          oldTopics: ["Rome"],
          fields: { name: "b" },
          version: version(1_000_005, 0),
        },
        {
          ...common,
          oper: "UPDATE",
          topics: ["#father-site", "Oslo"],
          oldTopics: ["Rome"],
          fields: { city: "Oslo" },
          version: version(1_000_005, 1),
        },
        {
          ...common,
          oper: "DELETE",
          topics: ["Oslo"],
          oldTopics: ["Oslo"],
          fields: {},
          version: version(1_000_005, 2),
        },
      ]);
      expect(deltas!.map(({ updateTime }) => updateTime.getTime() - 1_000_000)).toEqual([0, 5, 5, 5]);
      expect(Object.keys(deltas![1]!.fields)).toEqual(["name"]);
      expect(await all(entities.list(Party))).toEqual([]);
    });

    it("append nothing where nothing changed", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      await entities.transaction(() => Promise.resolve());
      const { techId } = await entities.transaction((unit) => unit.create(Party, { name: "a" }));
      const same = await entities.transaction((unit) => unit.update(Party, techId, { name: "a", city: null }));
      expect(same).toEqual(await entities.get(Party, techId));
      expect(await readLog(store)).toHaveLength(1);
    });

    it("leave nothing where the work fails, in tables, log or schemas", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const failing = entities.transaction(async (unit) => {
        await unit.create(Person, { name: "a", phones: [{ number: "1" }] });
        throw new RangeError("no");
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await readLog(store)).toEqual([]);
      expect(await store.schemas.list()).toEqual([]);
      expect(await all(entities.list(Party))).toEqual([]);
      const { techId } = await entities.transaction((unit) =>
        unit.create(Person, { name: "a", phones: [{ number: "1" }] }),
      );
      await expect(
        entities.transaction(async (unit) => {
          await unit.update(Person, techId, { name: "b", phones: [] });
          await unit.create(Person, { home: { number: "2" } });
          throw new RangeError("no");
        }),
      ).rejects.toThrow(RangeError);
      expect(await all(entities.list(Person))).toMatchObject([{ fields: { name: "a", phones: [{ number: "1" }] } }]);
      expect(await rowsIn(store, fieldsTable(store, "Person_home"))).toBe(0);
      expect(await readLog(store)).toHaveLength(1);
    });

    it("are rolled back by an error of a write that the application catches, or does not wait for", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const caught = entities.transaction(async (unit) => {
        await unit.create(Party, { name: "a" });
        await unit.remove(Party, id(9)).catch(() => undefined);
        return 1;
      });
      await expectCode(caught, "Entity", /no Party with the tech-id/);
      const forgotten = entities.transaction((unit) => {
        void unit.create(Party, { name: "a" });
        void unit.remove(Party, id(9));
        return Promise.resolve();
      });
      await expectCode(forgotten, "Entity");
      expect(await all(entities.list(Party))).toEqual([]);
      expect(await readLog(store)).toEqual([]);
    });

    it("run calls that are not awaited one after the other", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      await entities.transaction(async (unit) => {
        void unit.create(Party, { name: "a" }, { techId: id(1) });
        await Promise.all(["b", "c"].map((name) => unit.update(Party, id(1), { name })));
        void unit.create(Party, { name: "z" });
      });
      expect((await logged(store)).map(({ fields }) => fields["name"])).toEqual(["a", "b", "c", "z"]);
      expect(await entities.get(Party, id(1))).toMatchObject({ fields: { name: "c" } });
    });

    it("take no calls once they are over", async () => {
      const entities = entitiesOf(setup.store);
      let kept: Unit | undefined;
      await entities.transaction((unit) => {
        kept = unit;
        return Promise.resolve();
      });
      await expectCode(kept!.create(Party, {}), "Entity", /ended/);
      await expectCode(kept!.get(Party, id(1)), "Entity", /ended/);
      await expectCode(all(kept!.list(Party)), "Entity", /ended/);
    });

    it("refuse tech-ids that are taken by any class, unknown or none", async () => {
      const entities = entitiesOf(setup.store);
      await entities.transaction((unit) => unit.create(Party, {}, { techId: id(1) }));
      const create = (techId: string): Promise<unknown> =>
        entities.transaction((unit) => unit.create(Person, {}, { techId }));
      await expectCode(create(id(1)), "Entity", /taken/);
      await expectCode(create("1"), "Entity", /GUID/);
      await expectCode(
        entities.transaction((unit) => unit.update(Party, id(2), {})),
        "Entity",
        /no Party/,
      );
      await expectCode(
        entities.transaction((unit) => unit.update(Person, id(1), {})),
        "Entity",
        /no Person/,
      );
      await expectCode(
        entities.transaction((unit) => unit.remove(Party, id(2))),
        "Entity",
        /no Party/,
      );
      await expectCode(entities.get(Party, "1"), "Entity", /GUID/);
      await entities.transaction(async (unit) => {
        await unit.remove(Party, id(1));
        await unit.create(Person, {}, { techId: id(1) });
      });
      expect((await entities.get(Party, id(1)))?.deltaClass).toBe(Person);
    });

    it("refuse classes that are parts or not in the schema", async () => {
      const entities = entitiesOf(setup.store);
      const Stranger = deltaClass("Stranger", { name: string() });
      for (const wrong of [Stranger, Phone, Line]) {
        const one = wrong as typeof Stranger;
        await expectCode(
          entities.transaction((unit) => unit.create(one, {})),
          "Entity",
          RegExp(one.name),
        );
        await expectCode(
          entities.transaction((unit) => unit.get(one, id(1))),
          "Entity",
          RegExp(one.name),
        );
        await expectCode(entities.get(one, id(1)), "Entity", RegExp(one.name));
        await expectCode(all(entities.list(one)), "Entity", RegExp(one.name));
      }
    });

    it("are a part of a transaction of the store, and undone on their own where they fail", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      await store.transaction(async (transaction) => {
        await entities.transaction((unit) => unit.create(Party, { name: "a" }, { techId: id(1) }), { transaction });
        const failing = entities.transaction(
          async (unit) => {
            await unit.create(Party, { name: "b" });
            await unit.remove(Party, id(1));
            throw new RangeError("no");
          },
          { transaction },
        );
        await expect(failing).rejects.toThrow(RangeError);
        await entities.transaction((unit) => unit.update(Party, id(1), { name: "c" }), { transaction });
      });
      expect(await all(entities.list(Party))).toMatchObject([{ techId: id(1), fields: { name: "c" } }]);
      expect((await loggedRows(store)).map((row) => row.map(({ oper }) => oper))).toEqual([["CREATE"], ["UPDATE"]]);
    });

    it("create their tables again where the store's transaction was rolled back", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const failing = store.transaction(async (transaction) => {
        await entities.transaction((unit) => unit.create(Party, {}), { transaction });
        await entities.transaction((unit) => unit.create(Party, {}), { transaction });
        throw new RangeError("no");
      });
      await expect(failing).rejects.toThrow(RangeError);
      await entities.transaction((unit) => unit.create(Party, {}));
      expect(await all(entities.list(Party))).toHaveLength(1);
      await expectCode(
        entities.transaction(() => Promise.resolve(), { transaction: {} as never }),
        "Store",
      );
    });

    it("see what they wrote, also while they list and write", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const count = 2_300;
      await entities.transaction(async (unit) => {
        for (let at = 0; at < count; at++)
          await unit.create(at % 2 ? Party : Person, { name: "a", city: at % 3 ? "Rome" : "Oslo" });
      });
      const seen = new Set<string>();
      await entities.transaction(async (unit) => {
        for await (const { techId, fields } of unit.list(Party)) {
          expect(fields.name).toBe("a");
          seen.add(techId);
          await unit.update(Party, techId, { name: "b" });
        }
        expect(await all(unit.list(Party, { where: parseTopicsSlice("Oslo") }))).toHaveLength(Math.ceil(count / 3));
        const [first] = seen;
        expect((await unit.get(Party, first!))!.fields.name).toBe("b");
        expect(await unit.get(Party, id(9))).toBeUndefined();
        expect((await entities.get(Party, first!).catch(() => undefined))?.fields.name).not.toBe("b");
      });
      expect(seen.size).toBe(count);
    });
  });
});

describe("reading entities", () => {
  onEveryStoreAndTable((setup) => {
    it("finds and lists derived classes too, and what a slice selects", async () => {
      const clock = new TestClock();
      const entities = entitiesOf(setup.store, { clock });
      await entities.transaction(async (unit) => {
        await unit.create(Party, { name: "party", city: "Rome" }, { techId: id(1) });
        await unit.create(Person, { name: "person", city: "rome" }, { techId: id(2) });
        clock.time += 60_000;
        await unit.create(Employee, { name: "employee", city: "Rome" }, { techId: id(3) });
      });
      const names = async (list: AsyncIterable<Entity>): Promise<unknown[]> =>
        (await all(list)).map(({ fields }) => fields["name"]).sort();
      expect(await names(entities.list(Party))).toEqual(["employee", "party", "person"]);
      expect(await names(entities.list(Person))).toEqual(["employee", "person"]);
      expect(await names(entities.list(Employee))).toEqual(["employee"]);
      expect(await names(entities.list(Party, { where: parseTopicsSlice("Rome") }))).toEqual(["employee", "party"]);
      expect(await names(entities.list(Party, { where: parseTopicsSlice("Rome*TimeWindow30") }))).toEqual(["employee"]);
      expect((await entities.get(Party, id(3)))?.deltaClass).toBe(Employee);
      expect(await entities.get(Person, id(1))).toBeUndefined();
      await entities.transaction(async (unit) => {
        const updated = await unit.update(Party, id(3), { name: "x" });
        expect(updated.deltaClass).toBe(Employee);
        await unit.remove(Party, id(2));
      });
      expect(await names(entities.list(Party))).toEqual(["party", "x"]);
    });

    it("gives nothing and creates nothing where there are no tables yet", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      expect(await entities.get(Party, id(1))).toBeUndefined();
      expect(await all(entities.list(Party))).toEqual([]);
      expect(await everyDelta(entities, store)).toEqual([]);
      const table = tablesIn(store) === undefined ? "Party" : "LiveDistEntity_Party";
      await expect(rowsIn(store, table)).rejects.toThrow(/no such table|does not exist|Invalid object name/);
    });

    it("lists what was committed at one moment, and can be broken off", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      await entities.transaction(async (unit) => {
        for (let at = 0; at < 1_500; at++) await unit.create(Party, { name: "a" });
      });
      let seen = 0;
      for await (const { fields, techId } of entities.list(Party)) {
        expect(fields.name).toBe("a");
        if (seen++ === 0) {
          await entities.transaction(async (unit) => {
            await unit.update(Party, techId, { name: "b" });
            for await (const other of unit.list(Party)) await unit.update(Party, other.techId, { name: "b" });
          });
        }
      }
      expect(seen).toBe(1_500);
      for (let at = 0; at < 20; at++)
        for await (const { fields } of entities.list(Party)) {
          expect(fields.name).toBe("b");
          break;
        }
    });

    it("gives all entities as CREATE with topics, InCache and versions", async () => {
      const { store } = setup;
      const entities = entitiesOf(store, { siteId: "s", clock: new TestClock() });
      await entities.transaction(async (unit) => {
        await unit.create(Party, { name: "a", city: "Rome" }, { techId: id(1) });
        await unit.create(Employee, { name: "b" }, { techId: id(2) });
        await unit.create(Employee, { name: "c" }, { techId: id(3), inCache: true });
        await unit.update(Party, id(1), { name: "d" });
      });
      const deltas = await everyDelta(entities, store);
      const version = { timeMs: 1_000_000, counter: 0, site: "s" };
      expect(deltas).toMatchObject([
        {
          oper: "CREATE",
          deltaClass: Party,
          techId: id(1),
          topics: ["Rome"],
          oldTopics: null,
          fields: { name: "d", city: "Rome" },
          inCache: true,
          version: { ...version, counter: 3 },
          fieldVersions: [{ version, fields: [1] }],
        },
        { techId: id(2), topics: ["all"], fields: { name: "b" }, inCache: false, fieldVersions: [] },
        { techId: id(3), inCache: true },
      ]);
      expect(deltas[1]!.fields).toEqual({ name: "b", phones: [] });
    });
  });
});
