import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { TOPICS_LIST_TOPICS_MAX } from "../../src/base/limits.js";
import { newTechId } from "../../src/base/guid.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Reception } from "../../src/entities/reception.js";
import { expectCode, readLog } from "../store/contract-setup.js";
import { useSqliteFiles } from "../store/sqlite-files.js";
import { Everything, Line, logged, loggedRows, onEveryStore, Party, schema } from "./entities-setup.js";

function party(
  name: string,
  topics: readonly string[] = ["A"],
  oldTopics: readonly string[] | null = null,
): DeltaObject {
  return Party.delta({
    oper: "CREATE",
    techId: newTechId(),
    updateTime: new Date(),
    topics,
    oldTopics,
    fields: { name },
  });
}

describe("Reception", () => {
  onEveryStore((setup) => {
    it("appends all deltas of a call as one row, and stores the schema with it", async () => {
      const { store } = setup;
      const reception = new Reception(store, schema);
      const deltas = [party("a"), party("b", ["A", "#father"])];
      await store.transaction((transaction) => reception.append(transaction, deltas));
      expect(await loggedRows(store)).toEqual([deltas]);
      expect(await store.schemas.list()).toEqual([{ name: "v1", text: schema.text }]);
    });

    it("appends nothing for no deltas", async () => {
      const { store } = setup;
      await store.transaction((transaction) => new Reception(store, schema).append(transaction, []));
      expect(await readLog(store)).toEqual([]);
      expect(await store.schemas.list()).toEqual([]);
    });

    it("stores the schema again where the first transaction was rolled back", async () => {
      const { store } = setup;
      const reception = new Reception(store, schema);
      const failing = store.transaction(async (transaction) => {
        await reception.append(transaction, [party("a")]);
        throw new RangeError("no");
      });
      await expect(failing).rejects.toThrow(RangeError);
      await reception.notifyDeltaServer();
      expect(await store.schemas.list()).toEqual([]);
      await store.transaction((transaction) => reception.append(transaction, [party("b")]));
      expect(await store.schemas.list()).toHaveLength(1);
      await reception.notifyDeltaServer();
      await store.transaction((transaction) => reception.append(transaction, [party("c")]));
      expect(await logged(store)).toHaveLength(2);
    });

    it("refuses topics that are none, and keeps nothing of the transaction", async () => {
      const { store } = setup;
      const reception = new Reception(store, schema);
      const append = (delta: DeltaObject): Promise<void> =>
        store.transaction((transaction) => reception.append(transaction, [party("fine"), delta]));
      for (const topic of ["", "a,b", "##a", "TimeWindow5", "a b", "#"])
        await expectCode(append(party("x", [topic])), "TopicsList");
      await expectCode(append(party("x", ["A"], ["a*b"])), "TopicsList");
      const many = Array.from({ length: TOPICS_LIST_TOPICS_MAX + 1 }, (_, at) => `t${at}`);
      await expectCode(append(party("x", many)), "Limit");
      expect(await readLog(store)).toEqual([]);
    });

    it("refuses a delta of another schema, and a schema whose name is taken", async () => {
      const { store } = setup;
      const other = makeSchema("v1", [Line]);
      const append = (reception: Reception, delta: DeltaObject): Promise<void> =>
        store.transaction((transaction) => reception.append(transaction, [delta]));
      await expectCode(append(new Reception(store, other), party("a")), "DeltaBuffer");
      await append(new Reception(store, schema), party("a"));
      const line = Line.delta({ oper: "CREATE", techId: newTechId(), updateTime: new Date(), fields: {} });
      await expectCode(append(new Reception(store, other), line), "Config", /name/);
      expect(await readLog(store)).toHaveLength(1);
    });

    it("refuses more than one transaction can hold", async () => {
      const { store } = setup;
      const delta = Everything.delta({
        oper: "CREATE",
        techId: newTechId(),
        updateTime: new Date(),
        fields: { data: new Uint8Array(33 << 20) },
      }) as unknown as DeltaObject;
      const reception = new Reception(store, schema);
      await expectCode(
        store.transaction((transaction) => reception.append(transaction, [delta, delta])),
        "Limit",
      );
    });

    it("wakes who listens to the store, and the notifier", async () => {
      const { store } = setup;
      const heard: string[] = [];
      store.log.onNotify(() => heard.push("store"));
      const notifier = { notify: () => Promise.resolve(void heard.push("notifier")) };
      await new Reception(store, schema, { notifier }).notifyDeltaServer();
      expect(heard).toEqual(["store", "notifier"]);
    });
  });

  describe("in the application's own transaction", () => {
    const files = useSqliteFiles();

    it("writes all before it returns, the schema too, so that better-sqlite3's transaction functions serve", async () => {
      const store = await files().open();
      const database = files().closeLater(new Database(await files().path()));
      const reception = new Reception(store, schema);
      const appended: Promise<void>[] = [];
      const append = database.transaction(
        (name: string) => void appended.push(reception.append(database, [party(name)])),
      );
      append("a");
      append("b");
      await Promise.all(appended);
      expect((await logged(store)).map(({ fields }) => fields["name"])).toEqual(["a", "b"]);
      expect(await store.schemas.get("v1")).toBe(schema.text);
    });

    it("looks no more for the schema once it is committed, also where nobody is notified", async () => {
      const store = await files().open();
      let puts = 0;
      const { schemas } = store;
      const counted = Object.create(store, {
        schemas: {
          value: {
            put: (...args: Parameters<typeof schemas.put>) => (puts++, schemas.put(...args)),
            get: (name: string) => schemas.get(name),
          },
        },
        log: { value: store.log },
      }) as typeof store;
      const database = files().closeLater(new Database(await files().path()));
      const reception = new Reception(counted, schema);
      const append = async (): Promise<number> => {
        puts = 0;
        database.exec("BEGIN IMMEDIATE");
        await reception.append(database, [party("a")]);
        database.exec("COMMIT");
        return puts;
      };
      expect(await append()).toBe(1);
      await expect.poll(append).toBe(0);
    });
  });
});
