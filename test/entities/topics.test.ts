import { describe, expect, it } from "vitest";
import type { Entity } from "../../src/entities/entity.js";
import { expectCode, readLog } from "../store/contract-setup.js";
import { entitiesOf, everyDelta, id, logged, onEveryStoreAndTable, Party } from "./entities-setup.js";

describe("topics of entities", () => {
  onEveryStoreAndTable((setup) => {
    it("come from the whole new entity and its previous topics", async () => {
      const seen: Entity[] = [];
      const topicsOf = (entity: Entity): string[] => {
        seen.push(entity);
        return [...entity.topics, String(entity.fields["name"])];
      };
      const { store } = setup;
      const entities = entitiesOf(store, { topicsOf });
      await entities.transaction(async (unit) => {
        await unit.create(Party, { name: "a", city: "x" }, { techId: id(1) });
        await unit.update(Party, id(1), { name: "b" });
        await unit.update(Party, id(1), { name: "a" });
        await unit.remove(Party, id(1));
      });
      expect(seen).toMatchObject([
        { techId: id(1), topics: [], fields: { name: "a", city: "x" } },
        { topics: ["a"], fields: { name: "b", city: "x" } },
        { topics: ["a", "b"], fields: { name: "a", city: "x" } },
      ]);
      expect((await logged(store)).map(({ topics, oldTopics }) => [topics, oldTopics])).toEqual([
        [["a"], null],
        [["a", "b"], ["a"]],
        [
          ["a", "b"],
          ["a", "b"],
        ],
        [
          ["a", "b"],
          ["a", "b"],
        ],
      ]);
    });

    it("may count in routing only: then the delta carries them, and the entity does not", async () => {
      const { store } = setup;
      const entities = entitiesOf(store, { topicsOf: () => ["A", "#father"] });
      const created = await entities.transaction((unit) => unit.create(Party, {}));
      await entities.transaction((unit) => unit.update(Party, created.techId, { name: "a" }));
      expect(created.topics).toEqual(["A"]);
      expect((await entities.get(Party, created.techId))!.topics).toEqual(["A"]);
      expect((await logged(store)).map(({ topics, oldTopics }) => [topics, oldTopics])).toEqual([
        [["A", "#father"], null],
        [["A", "#father"], ["A"]],
      ]);
      expect((await everyDelta(entities, store))[0]!.topics).toEqual(["A"]);
    });

    it("may be none", async () => {
      const { store } = setup;
      const entities = entitiesOf(store, { topicsOf: () => [] });
      const { techId } = await entities.transaction((unit) => unit.create(Party, {}));
      expect((await entities.get(Party, techId))!.topics).toEqual([]);
    });

    it("are checked, and errors of topicsOf pass as they are", async () => {
      const { store } = setup;
      for (const wrong of [["a b"], [""], ["TimeWindow"], "A", [1], undefined, Promise.resolve(["A"])]) {
        const entities = entitiesOf(store, { topicsOf: () => wrong as never });
        await expectCode(
          entities.transaction((unit) => unit.create(Party, {})),
          "TopicsList",
        );
      }
      const entities = entitiesOf(store, {
        topicsOf: () => {
          throw new RangeError("mine");
        },
      });
      await expect(entities.transaction((unit) => unit.create(Party, {}))).rejects.toThrow(RangeError);
      expect(await readLog(store)).toEqual([]);
    });
  });
});
