import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { expectCode, readLog } from "../store/contract-setup.js";
import { all, entitiesOf, everyDelta, Everything, logged, onEveryStoreAndTable } from "./entities-setup.js";

const nothing = {
  text: null,
  whole: null,
  large: null,
  real: null,
  exact: null,
  yes: null,
  moment: null,
  link: null,
  data: null,
  any: null,
};

const atLimits: Readonly<Record<string, readonly unknown[]>> = {
  text: ["", "\0", "a\0b", "\uFFFF", "größe 😀", "'\"`;--", "x".repeat(100_000)],
  whole: [-(2 ** 31), 2 ** 31 - 1, 0, -1],
  large: [-(2n ** 63n), 2n ** 63n - 1n, 0n, 2n ** 53n, -(2n ** 53n) - 1n, 1n],
  real: [0, -0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53, 2 ** 63, 0.1, -1],
  exact: ["0", "-0", "+1.50", "0.00", `${"9".repeat(400)}.${"1".repeat(400)}`, "007"],
  yes: [true, false],
  moment: [new Date(0), new Date(-1), new Date(8.64e15), new Date(-8.64e15), new Date(Date.UTC(1600, 0, 1))],
  link: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  data: [new Uint8Array(0), Uint8Array.of(0), new Uint8Array(100_000).fill(255)],
  any: [0, "", false, [], {}, [null], { a: { b: [1, "\0", null] }, "": 1 }, "null", -1.5e300],
};

const values: Record<string, fc.Arbitrary<unknown>> = {
  text: fc.string({ unit: "binary" }),
  whole: fc.integer(),
  large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  real: fc.double({ noNaN: true, noDefaultInfinity: true }),
  exact: fc.tuple(fc.integer(), fc.nat()).map(([a, b]) => `${a}.${b}`),
  yes: fc.boolean(),
  moment: fc.date({ noInvalidDate: true }),
  link: fc.uuid(),
  data: fc.uint8Array(),
  any: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
};

const anyValues = fc.record(
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fc.option(value, { freq: 4 })])),
  { requiredKeys: [] },
);

describe("values of entities", () => {
  onEveryStoreAndTable((setup) => {
    it("come back as they were at their limits, from create and update, by get, list and the log", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      for (const [name, list] of Object.entries(atLimits)) {
        for (const value of list) {
          const [created, updated] = await entities.transaction(async (unit) => {
            const whole = await unit.create(Everything, { [name]: value });
            const empty = await unit.create(Everything, {});
            return [whole, await unit.update(Everything, empty.techId, { [name]: value })] as const;
          });
          for (const entity of [created, updated]) {
            expect(entity.fields).toEqual({ ...nothing, [name]: value });
            expect(await entities.get(Everything, entity.techId)).toEqual(entity);
          }
          const [create, , update] = (await logged(store)).slice(-3);
          expect(create!.fields).toEqual({ [name]: value });
          expect(update!.fields).toEqual({ [name]: value });
        }
      }
    });

    it("come back as they were, whatever they are", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const expected = new Map<string, object>();
      await fc.assert(
        fc.asyncProperty(anyValues, anyValues, async (first, second) => {
          const entity = await entities.transaction(async (unit) => {
            const { techId } = await unit.create(Everything, first);
            return unit.update(Everything, techId, second);
          });
          expect(entity.fields).toEqual({ ...nothing, ...first, ...second });
          expected.set(entity.techId, entity);
        }),
        { numRuns: 60 },
      );
      const list = await all(entities.list(Everything));
      expect(new Map(list.map((entity) => [entity.techId, entity]))).toEqual(expected);
    });

    it("are taken away with null, and are not modified by undefined", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const { techId } = await entities.transaction((unit) => unit.create(Everything, { text: "a", whole: 1 }));
      await entities.transaction((unit) =>
        unit.update(Everything, techId, { text: null, whole: undefined } as unknown as { text: null }),
      );
      expect((await entities.get(Everything, techId))!.fields).toEqual({ ...nothing, whole: 1 });
      expect((await logged(store)).at(-1)!.fields).toEqual({ text: null });
    });

    it("write neither row nor delta nor version where they are the same", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const fields = Object.fromEntries(Object.entries(atLimits).map(([name, list]) => [name, list.at(-1)]));
      const created = await entities.transaction((unit) =>
        unit.create(Everything, { ...fields, link: "ABCDEF00-0000-0000-0000-000000000000" }),
      );
      expect(created.fields.link).toBe("abcdef00-0000-0000-0000-000000000000");
      const before = await everyDelta(entities, store);
      const again = await entities.transaction((unit) =>
        unit.update(Everything, created.techId, structuredClone(fields)),
      );
      expect(again.fields.link).toBe(fields["link"]);
      expect(await readLog(store)).toHaveLength(2);
      await entities.transaction((unit) =>
        unit.update(Everything, created.techId, {
          ...structuredClone(fields),
          link: "FFFFFFFF-ffff-ffff-ffff-ffffffffffff",
        }),
      );
      expect(await readLog(store)).toHaveLength(2);
      expect(before).toHaveLength(1);
    });

    it("are refused with Entity where they are of another type", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const { techId } = await entities.transaction((unit) => unit.create(Everything, {}));
      const wrong: Record<string, unknown[]> = {
        text: [1, "\uD800"],
        whole: [1.5, 2 ** 31, 1n, "1"],
        large: [1, 2n ** 63n],
        real: [NaN, Infinity, -Infinity, "1"],
        exact: [1, "1e5", ""],
        yes: [1],
        moment: [0, new Date(NaN)],
        link: ["x"],
        data: [[1]],
        any: [() => 1],
      };
      for (const [name, list] of Object.entries(wrong)) {
        for (const value of list) {
          await expectCode(
            entities.transaction((unit) => unit.create(Everything, { [name]: value })),
            "Entity",
            RegExp(name),
          );
          await expectCode(
            entities.transaction((unit) => unit.update(Everything, techId, { [name]: value })),
            "Entity",
            RegExp(name),
          );
        }
      }
      await expectCode(
        entities.transaction((unit) => unit.create(Everything, { other: 1 } as object)),
        "Entity",
        /other/,
      );
      await expectCode(
        entities.transaction((unit) => unit.update(Everything, techId, { other: 1 } as object)),
        "Entity",
        /other/,
      );
      expect(await readLog(store)).toHaveLength(1);
      expect(await all(entities.list(Everything, { where: parseTopicsSlice("all") }))).toHaveLength(1);
    });

    it("are not shared with what the application goes on changing", async () => {
      const { store } = setup;
      const entities = entitiesOf(store);
      const moment = new Date(1);
      const data = Uint8Array.of(1);
      const any = { a: 1 };
      const { techId } = await entities.transaction(async (unit) => {
        const entity = await unit.create(Everything, { moment, data, any });
        moment.setTime(2);
        data[0] = 2;
        any.a = 2;
        return entity;
      });
      const expected = { moment: new Date(1), data: Uint8Array.of(1), any: { a: 1 } };
      expect((await logged(store))[0]!.fields).toEqual(expected);
      expect((await entities.get(Everything, techId))!.fields).toMatchObject(expected);
    });
  });
});
