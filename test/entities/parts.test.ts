import { describe, expect, it } from "vitest";
import type { DeltaClass, WholeFields } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { UpdateFields } from "../../src/entities/entity.js";
import type { Entities } from "../../src/entities/entities.js";
import { expectCode, readLog } from "../store/contract-setup.js";
import { fieldsTable } from "./application-tables.js";
import { entitiesOf, everyDelta, id, logged, onEveryStoreAndTable, Person } from "./entities-setup.js";

type FieldsOfPerson = typeof Person extends DeltaClass<infer F> ? F : never;
type PersonUpdate = UpdateFields<FieldsOfPerson>;
type PersonWhole = WholeFields<FieldsOfPerson>;

const noLines = { lines: [], best: null };
const a = {
  techId: id(10),
  number: "a",
  position: 1,
  lines: [
    { techId: id(100), digits: "1", cost: "1.5" },
    { techId: id(101), digits: "2", cost: null },
  ],
  best: null,
};
const b = { techId: id(11), number: "b", position: null, ...noLines };
const home = {
  techId: id(12),
  number: "home",
  position: null,
  lines: [],
  best: { techId: id(102), digits: "9", cost: null },
};

describe("parts of entities", () => {
  onEveryStoreAndTable((setup) => {
    async function create(fields: PersonWhole = { phones: [a, b], home }): Promise<Entities> {
      const entities = entitiesOf(setup.store);
      await entities.transaction((unit) => unit.create(Person, fields, { techId: id(1) }));
      return entities;
    }

    /** Updates, checks that the entity reads back as the update said, and gives its fields and its delta. */
    async function update(entities: Entities, fields: PersonUpdate): Promise<{ fields: object; delta: DeltaObject }> {
      const updated = await entities.transaction((unit) => unit.update(Person, id(1), fields));
      expect(await entities.get(Person, id(1))).toEqual(updated);
      return { fields: updated.fields, delta: (await logged(setup.store)).at(-1)! };
    }

    it("come back whole at every depth, in their order, with a tech-id", async () => {
      const entities = await create();
      const entity = await entities.get(Person, id(1));
      expect(entity!.fields).toEqual({ name: null, city: null, born: null, phones: [a, b], home });
      expect((await logged(setup.store))[0]!.fields).toEqual({
        phones: [
          { techId: id(10), number: "a", position: 1, lines: [a.lines[0], { techId: id(101), digits: "2" }] },
          { techId: id(11), number: "b", lines: [] },
        ],
        home: { techId: id(12), number: "home", lines: [], best: { techId: id(102), digits: "9" } },
      });
      expect((await everyDelta(entities, setup.store))[0]!.fields).toEqual((await logged(setup.store))[0]!.fields);
      const given = await entities.transaction((unit) => unit.create(Person, { phones: [{ lines: [{}] }] }));
      expect(given.fields.phones[0]!.techId).toMatch(/^[0-9a-f-]{36}$/);
      expect(given.fields.phones[0]!.lines[0]!.techId).toMatch(/^[0-9a-f-]{36}$/);
      expect(await entities.get(Person, given.techId)).toEqual(given);
    });

    it("are an empty list or null where there are none, given or not", async () => {
      const entities = await create({ phones: [], home: null });
      await entities.transaction((unit) => unit.create(Person, {}, { techId: id(2) }));
      for (const techId of [id(1), id(2)])
        expect((await entities.get(Person, techId))!.fields).toMatchObject({ phones: [], home: null });
      expect((await logged(setup.store)).map(({ fields }) => fields)).toEqual([{ phones: [] }, { phones: [] }]);
    });

    it("are changed by second-class deltas at every depth", async () => {
      const entities = await create();
      const { fields, delta } = await update(entities, {
        phones: [
          { oper: "CREATE", techId: id(13), fields: { number: "c", lines: [{ techId: id(103), digits: "3" }] } },
          {
            oper: "UPDATE",
            techId: id(10).toUpperCase(),
            fields: {
              number: "a",
              position: null,
              lines: [
                { oper: "DELETE", techId: id(100) },
                { oper: "UPDATE", techId: id(101), fields: { digits: "22" } },
                { oper: "CREATE", techId: id(104) },
              ],
              best: { techId: id(105), digits: "5" },
            },
          },
          { oper: "DELETE", techId: id(11) },
        ],
        home: { oper: "UPDATE", techId: id(12), fields: { best: { oper: "DELETE", techId: id(102) } } },
      });
      const empty = { digits: null, cost: null };
      expect(fields).toMatchObject({
        phones: [
          {
            techId: id(10),
            number: "a",
            position: null,
            lines: [
              { techId: id(101), digits: "22", cost: null },
              { techId: id(104), ...empty },
            ],
            best: { techId: id(105), digits: "5", cost: null },
          },
          { techId: id(13), number: "c", position: null, lines: [{ techId: id(103), digits: "3", cost: null }] },
        ],
        home: { techId: id(12), number: "home", best: null },
      });
      expect(delta.fields).toEqual({
        phones: [
          {
            oper: "UPDATE",
            techId: id(10),
            fields: {
              position: null,
              lines: [
                { oper: "DELETE", techId: id(100) },
                { oper: "UPDATE", techId: id(101), fields: { digits: "22" } },
                { oper: "CREATE", techId: id(104), fields: {} },
              ],
              best: { oper: "CREATE", techId: id(105), fields: { digits: "5" } },
            },
          },
          { oper: "DELETE", techId: id(11) },
          { oper: "CREATE", techId: id(13), fields: { number: "c", lines: [{ techId: id(103), digits: "3" }] } },
        ],
        home: { oper: "UPDATE", techId: id(12), fields: { best: { oper: "DELETE", techId: id(102) } } },
      });
    });

    it("are replaced by whole lists, whose second-class deltas say what differs", async () => {
      const entities = await create();
      const { fields, delta } = await update(entities, {
        phones: [
          { ...a, number: "x", lines: [a.lines[0]!, { techId: id(110), digits: "new" }] },
          { techId: id(14), number: "d" },
        ],
        home: { number: "other" },
      });
      const other = (fields as { home: { techId: string } }).home.techId;
      expect(fields).toMatchObject({
        phones: [
          { ...a, number: "x", lines: [a.lines[0], { techId: id(110), digits: "new", cost: null }] },
          { techId: id(14), number: "d", position: null, ...noLines },
        ],
        home: { techId: other, number: "other", position: null, ...noLines },
      });
      expect(other).not.toBe(id(12));
      expect(delta.fields).toEqual({
        phones: [
          { oper: "DELETE", techId: id(11) },
          {
            oper: "UPDATE",
            techId: id(10),
            fields: {
              number: "x",
              lines: [
                { oper: "DELETE", techId: id(101) },
                { oper: "CREATE", techId: id(110), fields: { digits: "new" } },
              ],
            },
          },
          { oper: "CREATE", techId: id(14), fields: { number: "d", lines: [] } },
        ],
        home: { oper: "CREATE", techId: other, fields: { number: "other", lines: [] } },
      });
      // Nothing of the parts that went is left behind.
      const cleared = await update(entities, { phones: null, home: null });
      expect(cleared.fields).toMatchObject({ phones: [], home: null });
      expect(cleared.delta.fields).toEqual({
        phones: [
          { oper: "DELETE", techId: id(10) },
          { oper: "DELETE", techId: id(14) },
        ],
        home: { oper: "DELETE", techId: other },
      });
      for (const table of ["Person_phones", "Person_phones_lines", "Person_home", "Person_home_best"]) {
        const rows = await setup.store.snapshot((snapshot) =>
          snapshot.all(`SELECT * FROM "${fieldsTable(setup.store, table)}"`),
        );
        expect(rows, table).toEqual([]);
      }
    });

    it("follow the order of the list, which the deltas tell by naming every part", async () => {
      const entities = await create({ phones: [a, b] });
      const c = { techId: id(20), number: "c", position: null, ...noLines };
      const reversed = await update(entities, { phones: [b, a] });
      expect(reversed.fields).toMatchObject({ phones: [b, a] });
      expect(reversed.delta.fields).toEqual({
        phones: [
          { oper: "UPDATE", techId: id(11), fields: {} },
          { oper: "UPDATE", techId: id(10), fields: {} },
        ],
      });
      expect((await update(entities, { phones: [c, b, a] })).fields).toMatchObject({ phones: [c, b, a] });
      const d = { ...c, techId: id(21) };
      const last = await update(entities, { phones: [b, a, d] });
      expect(last.fields).toMatchObject({ phones: [b, a, d] });
      expect((last.delta.fields["phones"] as { oper: string }[]).map(({ oper }) => oper)).toEqual(["DELETE", "CREATE"]);
      const e = await update(entities, { phones: [{ oper: "CREATE", techId: id(22), fields: { number: "e" } }] });
      expect((e.fields as { phones: { number: string }[] }).phones.map(({ number }) => number)).toEqual([
        "b",
        "a",
        "c",
        "e",
      ]);
    });

    it("may move to another part of their entity", async () => {
      const entities = await create();
      const line = a.lines[0]!;
      const moved = await update(entities, {
        phones: [
          { ...b, lines: [line] },
          { ...a, lines: [a.lines[1]!] },
        ],
      });
      expect(moved.fields).toMatchObject({
        phones: [
          { ...b, lines: [line] },
          { ...a, lines: [a.lines[1]] },
        ],
      });
      const back = await update(entities, { phones: [{ ...a, lines: [a.lines[1]!, line] }, b] });
      expect(back.fields).toMatchObject({ phones: [{ ...a, lines: [a.lines[1], line] }, b] });
    });

    it("may have the same tech-ids in several entities", async () => {
      const entities = await create();
      await entities.transaction((unit) =>
        unit.create(Person, { phones: [{ ...a, number: "z", lines: [] }] }, { techId: id(2) }),
      );
      await entities.transaction((unit) => unit.update(Person, id(2), { phones: [] }));
      expect((await entities.get(Person, id(1)))!.fields).toMatchObject({ phones: [a, b], home });
      await entities.transaction((unit) => unit.remove(Person, id(1)));
      expect((await entities.get(Person, id(2)))!.fields).toMatchObject({ phones: [] });
    });

    it("are not modified where nothing in them is", async () => {
      const entities = await create();
      await entities.transaction(async (unit) => {
        await unit.update(Person, id(1), { phones: [a, b], home });
        await unit.update(Person, id(1), { phones: [{ oper: "UPDATE", techId: id(10), fields: { number: "a" } }] });
        await unit.update(Person, id(1), { home: { oper: "UPDATE", techId: id(12) } });
      });
      expect(await readLog(setup.store)).toHaveLength(1);
    });

    it("are refused where they do not fit", async () => {
      const entities = await create();
      const wrong: [object, RegExp][] = [
        [{ phones: [{ oper: "UPDATE", techId: id(99) }] }, /no part/],
        [{ phones: [{ oper: "DELETE", techId: id(99) }] }, /no part/],
        [{ phones: [{ oper: "CREATE", techId: id(10) }] }, /already/],
        [{ phones: [{ oper: "MOVE", techId: id(10) }] }, /oper/],
        [{ phones: [{ oper: "UPDATE" }] }, /GUID/],
        [{ phones: [a, { oper: "DELETE", techId: id(10) }] }, /mixes/],
        [{ phones: [a, a] }, /same techId/],
        [
          {
            phones: [
              { oper: "UPDATE", techId: id(10) },
              { oper: "DELETE", techId: id(10) },
            ],
          },
          /two second-class/,
        ],
        [
          {
            phones: [
              { ...a, lines: [] },
              { ...b, lines: [a.lines[0]] },
              { techId: id(30), lines: [a.lines[0]] },
            ],
          },
          /same techId/,
        ],
        [{ phones: a }, /array/],
        [{ phones: ["a"] }, /objects/],
        [{ phones: [{ number: 1 }] }, /number/],
        [{ phones: [{ other: 1 }] }, /other/],
        [{ phones: [{ oper: "CREATE", fields: { lines: [{ cost: 1 }] } }] }, /cost/],
        [
          { phones: [{ oper: "UPDATE", techId: id(10), fields: { lines: [{ oper: "DELETE", techId: id(10) }] } }] },
          /no part/,
        ],
        [{ home: [home] }, /./],
        [{ home: { oper: "UPDATE", techId: id(10) } }, /no part/],
      ];
      for (const [fields, message] of wrong)
        await expectCode(
          entities.transaction((unit) => unit.update(Person, id(1), fields)),
          "Entity",
          message,
        );
      expect((await entities.get(Person, id(1)))!.fields).toMatchObject({ phones: [a, b], home });
    });

    it("go with their entity", async () => {
      const entities = await create();
      await entities.transaction((unit) => unit.remove(Person, id(1)));
      const [phones, lines] = ["Person_phones", "Person_phones_lines"].map((name) => fieldsTable(setup.store, name));
      const count = `SELECT (SELECT COUNT(*) FROM "${phones}") + (SELECT COUNT(*) FROM "${lines}") AS n`;
      expect(await setup.store.snapshot((snapshot) => snapshot.all(count))).toEqual([{ n: 0 }]);
    });

    it("are read in batches of many entities", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      await entities.transaction(async (unit) => {
        for (let at = 0; at < 1_300; at++)
          await unit.create(Person, {
            name: `${at}`,
            phones: [{ number: `${at}`, lines: [{ digits: `${at}` }] }, { number: "2" }],
          });
      });
      let count = 0;
      for await (const { fields } of entities.list(Person)) {
        expect(fields.phones.map(({ number }) => number)).toEqual([fields.name, "2"]);
        expect(fields.phones[0]!.lines.map(({ digits }) => digits)).toEqual([fields.name]);
        count++;
      }
      expect(count).toBe(1_300);
    });
  });
});
