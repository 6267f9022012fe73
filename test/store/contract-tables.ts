import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { appendNumbers, collect, expectCode, type OpenStore, readLog, setUp, techId } from "./contract-setup.js";

export function tablesContract(open: OpenStore): void {
  describe("clients", () => {
    const setup = setUp(open);

    it("adds, lists by bit, disables, enables and removes", async () => {
      const { store } = setup;
      await store.clients.add({ clientId: "late", bitNumber: 63, isDisabled: true });
      await store.clients.add({ clientId: "early", bitNumber: 0 });
      expect(await store.clients.list()).toEqual([
        { clientId: "early", bitNumber: 0, isDisabled: false },
        { clientId: "late", bitNumber: 63, isDisabled: true },
      ]);
      await store.clients.enable("late");
      await store.clients.disable("early");
      await store.clients.disable("early");
      expect((await store.clients.list()).map((row) => row.isDisabled)).toEqual([true, false]);
      await store.clients.remove("early");
      expect((await store.clients.list()).map((row) => row.clientId)).toEqual(["late"]);
    });

    it("refuses a ClientId or BitNumber that is taken, and says which", async () => {
      const { store } = setup;
      await store.clients.add({ clientId: "c1", bitNumber: 1 });
      await expectCode(store.clients.add({ clientId: "c1", bitNumber: 2 }), "Store", /ClientId "c1"/);
      await expectCode(store.clients.add({ clientId: "c2", bitNumber: 1 }), "Store", /BitNumber 1.*"c1"/);
      expect(await store.clients.list()).toHaveLength(1);
    });

    it("refuses values out of range", async () => {
      const { store } = setup;
      for (const bitNumber of [-1, 64, 1.5, Number.NaN]) {
        await expectCode(store.clients.add({ clientId: "c", bitNumber }), "Store", /BitNumber/);
      }
      for (const clientId of ["", "x".repeat(65)]) {
        await expectCode(store.clients.add({ clientId, bitNumber: 1 }), "Store", /ClientId/);
      }
      await store.clients.add({ clientId: "x".repeat(64), bitNumber: 1 });
    });

    it("knows no other clients", async () => {
      const { store } = setup;
      await expectCode(store.clients.remove("nobody"), "UnknownClient", /nobody/);
      await expectCode(store.clients.disable("nobody"), "UnknownClient");
      await expectCode(store.clients.enable("nobody"), "UnknownClient");
    });

    it("tells listeners of every change made here, and of no failed one", async () => {
      const { store } = setup;
      let calls = 0;
      const end = store.clients.onChange(() => calls++);
      await store.clients.add({ clientId: "c1", bitNumber: 1 });
      await store.clients.disable("c1");
      await expectCode(store.clients.remove("c2"), "UnknownClient");
      // Where the database itself tells, it does so a little later.
      await expect.poll(() => calls).toBe(2);
      end();
      await store.clients.remove("c1");
      expect(calls).toBe(2);
    });

    it("has triggers that refuse a change of ClientId and BitNumber, and only that", async () => {
      const { store } = setup;
      const table = `${store.tablesPrefix}LiveDistClients`;
      await store.clients.add({ clientId: "c1", bitNumber: 1 });
      const update = (set: string) => store.transaction((transaction) => transaction.run(`UPDATE ${table} SET ${set}`));
      await expectCode(update("ClientId = 'c2'"), "Store", /ClientId cannot be changed/);
      await expectCode(update("BitNumber = 2"), "Store", /BitNumber cannot be changed/);
      await update("IsDisabled = 1");
      expect(await store.clients.list()).toEqual([{ clientId: "c1", bitNumber: 1, isDisabled: true }]);
    });

    it("has a table that refuses rows out of range, however they are inserted", async () => {
      const { store } = setup;
      const insert = (id: string, bit: number) =>
        store.transaction((transaction) =>
          transaction.run(
            `INSERT INTO ${store.tablesPrefix}LiveDistClients (ClientId, BitNumber, IsDisabled) VALUES (?, ?, 0)`,
            [id, bit],
          ),
        );
      await insert("c1", 1);
      await expectCode(insert("c1", 2), "Store");
      await expectCode(insert("c2", 1), "Store");
      await expectCode(insert("c2", 64), "Store");
      await expectCode(insert("x".repeat(65), 3), "Store");
      expect(await store.clients.list()).toHaveLength(1);
    });
  });

  describe("schemas", () => {
    const setup = setUp(open);

    it("gives texts by name and all in the order in which they came", async () => {
      const { store } = setup;
      await store.schemas.put("v2", "text é€😀 of v2");
      await store.schemas.put("v1", "text of v1");
      expect(await store.schemas.get("v2")).toBe("text é€😀 of v2");
      expect(await store.schemas.get("v3")).toBeUndefined();
      expect(await store.schemas.list()).toEqual([
        { name: "v2", text: "text é€😀 of v2" },
        { name: "v1", text: "text of v1" },
      ]);
    });

    it("takes the same text again and refuses another under the same name", async () => {
      const { store } = setup;
      await store.schemas.put("v1", "one");
      await store.schemas.put("v1", "one");
      await expectCode(store.schemas.put("v1", "two"), "Config", /"v1"/);
      expect(await store.schemas.list()).toEqual([{ name: "v1", text: "one" }]);
    });

    it("stores one text where several come at once under one name", async () => {
      const { store } = setup;
      const outcomes = await Promise.allSettled(["one", "two", "three"].map((text) => store.schemas.put("v1", text)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await store.schemas.list()).toHaveLength(1);
    });

    it("stores inside a transaction that is given, or not at all", async () => {
      const { store } = setup;
      const failing = store.transaction(async (transaction) => {
        await store.schemas.put("v1", "one", transaction);
        await store.schemas.put("v1", "one", transaction);
        throw new LiveDistError("Entity", "changed my mind");
      });
      await expectCode(failing, "Entity");
      expect(await store.schemas.list()).toEqual([]);
      await store.transaction((transaction) => store.schemas.put("v1", "one", transaction));
      expect(await store.schemas.get("v1")).toBe("one");
    });
  });

  describe("links", () => {
    const setup = setUp(open);

    it("remembers a state for each peer", async () => {
      const { store } = setup;
      expect(await store.links.get("paris")).toBeUndefined();
      await store.links.set("paris", '{"sequence":1}');
      await store.links.set("rome", "");
      await store.links.set("paris", '{"sequence":2}');
      expect(await store.links.get("paris")).toBe('{"sequence":2}');
      expect(await store.links.get("rome")).toBe("");
    });

    it("sets inside a transaction, with the rest of it or not at all", async () => {
      const { store } = setup;
      await store.links.set("paris", "before");
      const failing = store.transaction(async (transaction) => {
        await store.links.set("paris", "during", transaction);
        throw new LiveDistError("Entity", "changed my mind");
      });
      await expectCode(failing, "Entity");
      expect(await store.links.get("paris")).toBe("before");
      await store.transaction((transaction) => store.links.set("paris", "after", transaction));
      expect(await store.links.get("paris")).toBe("after");
    });
  });

  describe("restart", () => {
    const setup = setUp(open);

    it("finds everything again", async (context) => {
      const { store, opened } = setup;
      if (!opened.reopen) {
        context.skip("this database ends with its store");
        return;
      }
      await appendNumbers(store, 1, 2, 3);
      const [first] = await readLog(store);
      await store.log.trim(first!.sequence, [
        { techId: techId(1), className: "A", sequence: first!.sequence, isDeleted: true },
      ]);
      await store.clients.add({ clientId: "c1", bitNumber: 1, isDisabled: true });
      await store.schemas.put("v1", "text");
      await store.links.set("paris", "state");
      const before = await contents();
      await store.close();
      const reopened = await opened.reopen();
      expect(await contents(reopened)).toEqual(before);

      async function contents(of = store) {
        return {
          bounds: await of.log.bounds(),
          rows: await readLog(of),
          changes: await collect(of.log.changes()),
          clients: await of.clients.list(),
          schemas: await of.schemas.list(),
          link: await of.links.get("paris"),
        };
      }
    });

    it("gives no sequence-number again where the whole log was trimmed", async (context) => {
      const { store, opened } = setup;
      if (!opened.reopen) {
        context.skip("this database ends with its store");
        return;
      }
      await appendNumbers(store, 1, 2);
      const bounds = await store.log.bounds();
      await store.log.trim(bounds.lastSequence, []);
      await store.close();
      const reopened = await opened.reopen();
      expect(await reopened.log.bounds()).toEqual({ ...bounds, firstSequence: bounds.lastSequence + 1 });
      await appendNumbers(reopened, 3);
      const [row] = await readLog(reopened);
      expect(row!.sequence).toBeGreaterThan(bounds.lastSequence);
    });
  });
}
