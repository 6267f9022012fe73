import { describe, expect, it } from "vitest";
import { codeOfRejection, delta, inShort, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

const create = (number: number, ...topics: string[]) => delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, topics: string[], size: number) =>
  delta("UPDATE", number, { topics, fields: { size } });

async function siteWith(...deltas: ReturnType<typeof delta>[]): Promise<OneSite> {
  const site = await OneSite.start();
  await site.append(deltas);
  return site;
}

const shorts = (deltas: Parameters<typeof inShort>[0][]): string[] => deltas.map(inShort).sort();

describe("a registered client", () => {
  it("is given what it loaded also when its slice selects it no longer", async () => {
    const site = await siteWith(create(1, "A"), create(2, "B"));
    const client = await new RegisteredClient(site).begin();
    expect(shorts((await client.fullLoad("A")).deltas)).toEqual(["CREATE 1"]);
    await site.append([update(1, ["B"], 5), update(2, ["B"], 6)]);
    await site.append([update(1, ["B"], 7)]);
    expect(shorts((await client.fetch()).deltas)).toEqual(["UPDATE 1", "UPDATE 1"]);
  });

  it("is given an entity in full when its slice begins to select it, and then what changes", async () => {
    const site = await siteWith(create(1, "B"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([update(1, ["A"], 5)]);
    await site.append([update(1, ["A"], 6)]);
    const { deltas } = await client.fetch();
    expect(deltas.map(inShort)).toEqual(["FULL 1", "UPDATE 1"]);
    expect(deltas[0]!.fields).toEqual({ name: "n", size: 5 });
  });

  it("misses what is vetoed and is given the whole entity after it", async () => {
    const site = await siteWith(create(1, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A*!V");
    await site.append([update(1, ["A", "V"], 5)]);
    await site.append([update(1, ["A"], 6)]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1"]);
  });

  it("is not given back what came from it, and stays synchronized", async () => {
    const site = await siteWith(create(1, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A*!paris");
    await site.append([update(1, ["#paris", "A"], 5)]);
    await site.append([update(1, ["A"], 6)]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });

  it("is given PARTIAL where it is synchronized and FULL where it is not", async () => {
    const site = await siteWith(create(1, "A"), create(2, "B"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    const full = (number: number) => delta("FULL", number, { topics: ["A"], fields: { name: "n", size: 9 } });
    const partial = (number: number) => delta("PARTIAL", number, { topics: ["A"], fields: { size: 9 } });
    await site.append([partial(1), full(1), partial(2), full(2)]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["PARTIAL 1", "FULL 2"]);
  });

  it("is told of what is deleted", async () => {
    const site = await siteWith(create(1, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([delta("DELETE", 1, { topics: [] })]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["DELETE 1"]);
    expect(site.service.status("delta")["registeredEntities"]).toBe(0);
  });

  it("changes its slice: is given what it is owed, then what it does not have", async () => {
    const site = await siteWith(create(1, "A"), create(2, "B"), create(3, "A", "B"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([update(1, ["A"], 5)]);
    const load = await client.partialLoad("B");
    expect(load.deltas.map(inShort)).toEqual(["UPDATE 1", "CREATE 2"]);
    expect(load.head.count).toBe(1);
    await site.append([update(1, ["A"], 6), update(2, ["B"], 6)]);
    expect(shorts((await client.fetch()).deltas)).toEqual(["UPDATE 1", "UPDATE 2"]);
  });

  it("unregisters, and is given in full what its slice selects all the same", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([update(1, ["B"], 5)]);
    const sequence = await client.unregister([1, 2]);
    await site.append([update(1, ["B"], 6), update(2, ["A"], 6)]);
    const { deltas } = await client.fetch();
    expect(deltas.map((one) => `${inShort(one)} ${one.sequence}`)).toEqual([
      `UPDATE 1 ${sequence - 1}`,
      `FULL 2 ${sequence}`,
      `UPDATE 2 ${sequence + 1}`,
    ]);
  });

  it("synchronizes after a restart by what it holds", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A"), create(3, "B"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([update(1, ["B"], 5)]);
    await site.append([create(4, "A")]);
    await site.close();
    const again = await OneSite.start({ store: site.store });
    const same = Object.assign(new RegisteredClient(again), {
      session: client.session,
      command: client.command,
      topicsSlice: "A",
      position: client.position,
    });
    expect(await codeOfRejection(same.fetch())).toBe("NotRegistered");
    expect(await codeOfRejection(same.skipLoad())).toBe("NotRegistered");
    const load = await same.syncLoad("A", { held: [1, 2, 9] });
    expect(shorts(load.deltas)).toEqual(["CREATE 1", "CREATE 4"]);
    expect(load.gone).toEqual([9]);
    await again.append([update(1, ["B"], 6), update(2, ["A"], 6)]);
    expect(shorts((await same.fetch()).deltas)).toEqual(["UPDATE 1", "UPDATE 2"]);
  });

  it("goes on after a restart of its own with what the server has", async () => {
    const site = await siteWith(create(1, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([update(1, ["A"], 5)]);
    const next = Object.assign(new RegisteredClient(site), { topicsSlice: "A", position: client.position });
    await next.begin();
    await client.fetch();
    const waiting = codeOfRejection(client.fetch(60_000));
    expect(await next.skipLoad()).toEqual(next.position);
    expect((await next.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    // The session before is fenced, also where it waits.
    expect(await waiting).toBe("NotRegistered");
    expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
    expect(await codeOfRejection(client.fullLoad("A"))).toBe("StaleCommand");
  });

  it("is refused with another slice, another load, and a command that comes late", async () => {
    const site = await siteWith(create(1, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    const { position } = client;
    expect(await codeOfRejection(client.skipLoad(position, "B"))).toBe("NotRegistered");
    expect(await codeOfRejection(client.skipLoad({ ...position, stamp: "1" }))).toBe("NotRegistered");
    await client.fullLoad("A");
    client.position = position;
    expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
    client.command = 0;
    expect(await codeOfRejection(client.fullLoad("A"))).toBe("StaleCommand");
  });

  it("loses its registration when it is disabled", async () => {
    const site = await siteWith(create(1, "A"));
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    const waiting = codeOfRejection(client.fetch(60_000));
    await site.store.clients.disable("c1");
    expect(await waiting).toBe("ClientDisabled");
    await site.store.clients.enable("c1");
    expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
    expect(site.service.status("delta")["registeredEntities"]).toBe(0);
  });

  it("is given the same with many others as alone, of transactions of many deltas", async () => {
    const slices = ["A", "B", "A*B", "A+B", "C*!A", "A", "B*!C"];
    const bits = [0, 1, 30, 31, 32, 62, 63];
    const topics = [["A"], ["B"], ["A", "B"], ["C"], ["A", "C"], ["B", "C"], []];
    const given = async (clients: readonly number[]): Promise<string[][]> => {
      const site = await OneSite.start();
      const registered: RegisteredClient[] = [];
      await site.append(topics.map((list, number) => create(number, ...list)));
      for (const client of clients) {
        await site.store.clients.add({ clientId: `many${client}`, bitNumber: bits[client]! + (client < 2 ? 2 : 0) });
        const one = await new RegisteredClient(site, `many${client}`).begin();
        await one.fullLoad(slices[client]!);
        registered.push(one);
      }
      for (let round = 0; round < 8; round++) {
        await site.append(topics.map((_, number) => update(number, topics[(number * 3 + round) % 7]!, round)));
        await site.append([delta("DELETE", round % 7, { topics: [] }), create(round % 7, ...topics[round % 7]!)]);
      }
      const all: string[][] = [];
      for (const one of registered) all.push((await one.fetch()).deltas.map(inShort));
      return all;
    };
    const together = await given(slices.map((_, client) => client));
    for (const client of slices.keys())
      expect([client, ...(await given([client]))[0]!]).toEqual([client, ...together[client]!]);
    expect(together.every((deltas) => deltas.length > 10)).toBe(true);
  });
});
