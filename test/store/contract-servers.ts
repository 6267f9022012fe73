import { describe, expect, it } from "vitest";
import type { ServerEntry } from "../../src/store/server-row.js";
import { type OpenStore, setUp } from "./contract-setup.js";

const never = { leaseMs: 1e6, forgetMs: 1e7 };

function server(serverId: string, rest: Partial<ServerEntry> = {}): ServerEntry {
  return {
    serverId,
    url: `http://${serverId}`,
    duty: "live",
    kind: "both",
    clients: 0,
    sequence: 0,
    agreed: "{}",
    ...rest,
  };
}

export function serversContract(open: OpenStore): void {
  describe("servers", () => {
    const setup = setUp(open);

    const beat = (entry: ServerEntry, options: { mayLead?: boolean; leaseMs?: number; forgetMs?: number } = {}) =>
      setup.store.servers.beat(entry, { mayLead: true, ...never, ...options });

    it("enter themselves, and say anew how they are", async () => {
      const { store } = setup;
      expect(await store.servers.list()).toEqual({ rows: [], master: undefined });
      const one = server("one", {
        duty: "standby",
        kind: "cache",
        clients: 3,
        sequence: 2 ** 40,
        agreed: '{"ü":"\'"}',
      });
      await beat(server("one"));
      await beat(one);
      const { rows } = await beat(server("two"));
      expect(rows).toMatchObject([one, server("two")]);
      for (const { silentMs } of rows) expect(silentMs).toBeGreaterThanOrEqual(0);
      expect((await store.servers.list()).rows).toMatchObject([one, server("two")]);
    });

    it("R80: have one master, who stays it while it shows itself", async () => {
      const { store } = setup;
      expect((await beat(server("one"))).master).toEqual({ serverId: "one", token: 1 });
      expect((await beat(server("two"))).master).toEqual({ serverId: "one", token: 1 });
      expect((await beat(server("one"))).master).toEqual({ serverId: "one", token: 1 });
      expect((await store.servers.list()).master).toEqual({ serverId: "one", token: 1 });
    });

    it("R80: take over from a master that is silent for too long, which finds out in any transaction", async () => {
      const { store } = setup;
      const first = (await beat(server("one"), { leaseMs: 0 })).master!;
      const isMaster = () => store.transaction((transaction) => store.servers.isMaster(first, transaction));
      expect(await isMaster()).toBe(true);
      expect((await beat(server("two"))).master).toEqual({ serverId: "two", token: 2 });
      expect(await isMaster()).toBe(false);
      expect((await beat(server("one"))).master).toEqual({ serverId: "two", token: 2 });
    });

    it("R80: take over at once from a master that leaves, may lead no longer, or whose address another one has", async () => {
      const { store } = setup;
      await beat(server("one"));
      await store.servers.leave("one");
      await store.servers.leave("one");
      expect((await beat(server("two"))).master).toEqual({ serverId: "two", token: 2 });
      expect((await beat(server("two"), { mayLead: false })).master).toBeUndefined();
      expect((await beat(server("three"))).master).toEqual({ serverId: "three", token: 3 });
      const again = await beat(server("four", { url: "http://three" }));
      expect(again).toMatchObject({ rows: [{ serverId: "four" }, { serverId: "two" }], master: { token: 4 } });
    });

    it("are never led by one that must not", async () => {
      expect((await beat(server("one"), { mayLead: false })).master).toBeUndefined();
      expect((await beat(server("two", { duty: "backup" }), { mayLead: false })).master).toBeUndefined();
    });

    it("are forgotten after a time of silence", async () => {
      await beat(server("one"));
      // Nobody has been heard of for as little as that, who shows himself now included.
      const { rows } = await beat(server("two"), { forgetMs: -1e6 });
      expect(rows).toEqual([]);
    });

    it("R80: become master one at most, however many try at once", async () => {
      const { store, opened } = setup;
      const other = (await opened.reopen?.()) ?? store;
      const tries = Array.from({ length: 8 }, (_, at) =>
        (at % 2 ? other : store).servers.beat(server(`s${at}`), { mayLead: true, ...never }),
      );
      const masters = (await Promise.all(tries)).map(({ master }) => JSON.stringify(master));
      expect(new Set(masters).size).toBe(1);
    });
  });
}
