import { describe, expect, it } from "vitest";
import { DELTA_CLASSES_MAX, ENTITY_TABLES_MAX } from "../../src/base/limits.js";
import { deltaClass, type DeltaClass } from "../../src/delta/delta-class.js";
import { int32, part, parts, string } from "../../src/delta/field-types.js";
import { makeSchema, type Schema } from "../../src/delta/schema.js";
import { Entities } from "../../src/entities/entities.js";
import type { Store } from "../../src/store/store.js";
import { expectCode } from "../store/contract-setup.js";
import { openFile } from "../store/sqlite-files.js";
import { all, everyDelta, id, onEveryStore } from "./entities-setup.js";

function make(store: Store, schema: Schema): Entities {
  return new Entities(store, schema, { topicsOf: () => ["A"] });
}

function schemaOf(...classes: DeltaClass[]): Schema {
  return makeSchema("v1", classes);
}

async function tableNames(store: Store): Promise<string[]> {
  const sql = {
    sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    postgresql: "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    sqlserver: "SELECT name FROM sys.tables",
  }[store.dialect];
  // Babelfish keeps names in lower case.
  const names = (await store.snapshot((snapshot) => snapshot.all(sql))).map(({ name }) => String(name).toLowerCase());
  names.sort();
  return names.filter((name) => !/LiveDist/i.test(name));
}

describe("tables of entities", () => {
  onEveryStore((setup) => {
    it("are one for each first-class class and one for each way to a part", async () => {
      const { store } = setup;
      const Inner = deltaClass("Inner", { a: string() });
      const Outer = deltaClass("Outer", { inner: parts(Inner), position: int32() });
      const Base = deltaClass("Base", { first: part(Outer) });
      const Derived = deltaClass("Derived", { second: part(Inner) }, { base: Base });
      const entities = make(store, schemaOf(Inner, Outer, Base, Derived));
      await entities.transaction((unit) => unit.create(Derived, {}));
      expect(await tableNames(store)).toEqual([
        "base",
        "base_first",
        "base_first_inner",
        "derived",
        "derived_first",
        "derived_first_inner",
        "derived_second",
      ]);
    });

    it("get the fields and parts that a class gets later", async () => {
      const { store } = setup;
      const Old = deltaClass("Thing", { name: string() });
      const old = make(store, schemaOf(Old));
      await old.transaction((unit) => unit.create(Old, { name: "a" }, { techId: id(1) }));
      const Part = deltaClass("Part", { name: string() });
      const New = deltaClass("Thing", { size: int32(), name: string(), list: parts(Part) });
      const later = make(store, makeSchema("v2", [Part, New]));
      const before = { size: null, name: "a", list: [] };
      // A snapshot may be older than the tables, so reading has to do without them.
      expect(await all(later.list(New))).toMatchObject([{ fields: before }]);
      expect(await everyDelta(later, store)).toMatchObject([{ fields: { name: "a" }, deltaClass: New }]);
      await later.transaction((unit) => unit.update(New, id(1), { size: 1, list: [{ name: "p" }] }));
      expect((await later.get(New, id(1)))!.fields).toMatchObject({ size: 1, name: "a", list: [{ name: "p" }] });
      // The old program goes on: it leaves alone what it does not know.
      await old.transaction((unit) => unit.update(Old, id(1), { name: "b" }));
      expect((await later.get(New, id(1)))!.fields).toMatchObject({ size: 1, name: "b", list: [{ name: "p" }] });
    });

    it("refuse a field whose column has another type, and a table that is not LiveDist's", async () => {
      const { store } = setup;
      const Old = deltaClass("Thing", { name: string() });
      await make(store, schemaOf(Old)).transaction((unit) => unit.create(Old, {}));
      const New = deltaClass("Thing", { name: int32() });
      const later = make(store, makeSchema("v2", [New]));
      await expectCode(
        later.transaction((unit) => unit.create(New, {})),
        "Config",
        /name.*(TEXT.*INTEGER|NVARCHAR.*INT)/,
      );
      await store.transaction((transaction) => transaction.run("CREATE TABLE Mine (name TEXT)"));
      const Mine = deltaClass("Mine", { name: string() });
      const mine = make(store, makeSchema("v3", [Mine]));
      await expectCode(
        mine.transaction((unit) => unit.create(Mine, {})),
        "Config",
        /Mine.*TechId/,
      );
      await expectCode(mine.get(Mine, id(1)), "Config", /Mine/);
    });

    it("refuse names that collide with each other or with LiveDist's", () => {
      const { store } = setup;
      const Part = deltaClass("Part", { name: string() });
      const refuse = (pattern: RegExp, ...classes: DeltaClass[]): void =>
        expect(() => make(store, schemaOf(...classes))).toThrow(pattern);
      refuse(/LiveDistLog/, deltaClass("LiveDistLog", {}));
      refuse(/livedistThing/, deltaClass("livedistThing", {}));
      const reserved = { sqlite: "sqlite_x", postgresql: "pg_x", sqlserver: "sys_x" }[store.dialect];
      if (store.dialect !== "sqlserver") refuse(RegExp(reserved), deltaClass(reserved, {}));
      refuse(/THING/, deltaClass("Thing", {}), deltaClass("THING", {}));
      refuse(/A_b/, Part, deltaClass("A", { b: parts(Part) }), deltaClass("A_b", {}));
      const Owned = deltaClass("Owned", { ownerTechId: string() });
      refuse(/ownerTechId/, Owned, deltaClass("A", { b: parts(Owned) }));
      expect(() =>
        make(store, schemaOf(deltaClass("Owned", { ownerTechId: string(), entityTechId: string() }))),
      ).not.toThrow();
    });

    it("are limited in number before any is made", () => {
      let last: DeltaClass = deltaClass("C0", {});
      const classes = [last];
      for (let level = 1; level < 8; level++) {
        const inner: DeltaClass = last;
        last = deltaClass(`C${level}`, { a: parts(inner), b: parts(inner), c: part(inner), d: part(inner) });
        classes.push(last);
      }
      expect(classes.length).toBeLessThan(DELTA_CLASSES_MAX);
      expect(() => make(setup.store, schemaOf(...classes))).toThrow(RegExp(`${ENTITY_TABLES_MAX}`));
    });
  });

  it("stand behind the prefix of the store, so that two sites share a database", async () => {
    const opened = await openFile();
    const prefixed = await openFile({ tablesPrefix: "p_" });
    try {
      const Thing = deltaClass("Thing", { name: string() });
      const entities = make(prefixed.store, schemaOf(Thing));
      await entities.transaction((unit) => unit.create(Thing, { name: "a" }));
      expect(await tableNames(prefixed.store)).toEqual(["p_thing"]);
      expect(await all(entities.list(Thing))).toHaveLength(1);
      expect(() => make(prefixed.store, schemaOf(deltaClass("LiveDistLog", {})))).toThrow(/p_LiveDistLog/);
    } finally {
      await opened.cleanup();
      await prefixed.cleanup();
    }
  });

  it("keep their entities when the database is opened again", async () => {
    const opened = await openFile();
    try {
      const Thing = deltaClass("Thing", { name: string() });
      await make(opened.store, schemaOf(Thing)).transaction((unit) =>
        unit.create(Thing, { name: "a" }, { techId: id(1) }),
      );
      const again = make(await opened.reopen!(), schemaOf(Thing));
      expect((await again.get(Thing, id(1)))!.fields).toEqual({ name: "a" });
    } finally {
      await opened.cleanup();
    }
  });
});
