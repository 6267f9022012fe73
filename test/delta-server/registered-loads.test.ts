import { describe, expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { delta, type Given, inShort, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 1 } });

async function begin(topicsSlice: string, ...deltas: DeltaObject[]): Promise<[OneSite, RegisteredClient]> {
  const site = await OneSite.start();
  await site.append(deltas);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad(topicsSlice);
  return [site, client];
}

const shorts = (deltas: readonly Given[]): string[] => deltas.map(inShort).sort();

describe("FullLoad of a registered client", () => {
  it("R27: takes the place of what it was registered on and had not been given yet", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "B"), create(3, "A", "B"));
    await site.append([update(1, "A")]);
    expect(shorts((await client.fullLoad("B")).deltas)).toEqual(["CREATE 2", "CREATE 3"]);
    await site.append([update(1, "A"), update(2, "X"), update(3, "X"), delta("DELETE", 1, { topics: [] })]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 2", "UPDATE 3"]);
    expect(site.service.status("delta")["registeredEntities"]).toBe(2);
  });

  it("R26: does not register on what a time-window leaves out; it is given when it changes", async () => {
    const [site, client] = await begin("A*TimeWindow10", create(1, "A"));
    expect(site.service.status("delta")["registeredEntities"]).toBe(1);
    await site.clock.advance(11_000);
    expect((await client.fullLoad("A*TimeWindow10")).deltas).toEqual([]);
    expect(site.service.status("delta")["registeredEntities"]).toBe(0);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1"]);
  });
});

describe("PartialLoad of a registered client", () => {
  it("R28: brings what is owed, then what the client does not have, and leaves it registered on the rest", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "B"), create(3, "A", "B"));
    await site.append([update(1, "A")]);
    const load = await client.partialLoad("B");
    expect(load.deltas.map(inShort)).toEqual(["UPDATE 1", "CREATE 2"]);
    expect(load.head.count).toBe(1);
    await site.append([update(1, "A"), update(2, "B")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "UPDATE 2"]);
  });

  it("R28: owes what was decided under the slice before", async () => {
    const [site, client] = await begin("A*!V", create(1, "A"), create(2, "A"));
    await site.append([create(3, "A"), create(4, "B"), update(1, "A", "V"), update(2, "A")]);
    const load = await client.partialLoad("B");
    const owed = load.deltas.filter(({ sequence }) => sequence > 0);
    expect(owed.map(inShort)).toEqual(["CREATE 3", "UPDATE 2"]);
    // 1 was vetoed under the slice before: the client is registered on it, and not synchronized.
    expect(shorts(load.deltas.filter(({ sequence }) => sequence === 0))).toEqual(["CREATE 1", "CREATE 4"]);
  });

  it("R28: does not bring what the new slice vetoes", async () => {
    const [site, client] = await begin("A*!W", create(1, "A", "V"));
    await site.append([update(1, "A", "V", "W")]);
    expect((await client.partialLoad("A*!V")).deltas).toEqual([]);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1"]);
  });

  it("R28: leaves the client synchronized on what the new slice vetoes: it has missed nothing of it", async () => {
    const [site, client] = await begin("A", create(1, "A", "V"));
    expect((await client.partialLoad("A*!V")).deltas).toEqual([]);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });
});

describe("SyncLoad of a registered client", () => {
  it("R29: brings what changed behind the position, selected or registered, and what it does not have", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "A"), create(3, "B"));
    await site.append([update(1, "X")]);
    expect(shorts((await client.syncLoad("A")).deltas)).toEqual(["CREATE 1"]);
    expect((await client.syncLoad("A")).deltas).toEqual([]);
    expect(shorts((await client.syncLoad("A+B")).deltas)).toEqual(["CREATE 3"]);
    await site.append([update(1, "X"), update(2, "X"), update(3, "X")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "UPDATE 2", "UPDATE 3"]);
  });

  it("R29: does not tell what was deleted behind the position, unless it is named", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "A"));
    await site.append([delta("DELETE", 1, { topics: ["A"] })]);
    const { position } = client;
    const load = await client.syncLoad("A");
    expect([load.deltas, load.gone, (await client.fetch()).deltas]).toEqual([[], [], []]);
    expect((await client.syncLoad("A", { since: position, held: [1, 2] })).gone).toEqual([1]);
  });

  it("R29: goes by UpdateTime where the client names a time in place of a sequence-number", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "A"));
    const updateTime = new Date("2024-05-01T00:00:00Z");
    await site.append([delta("UPDATE", 2, { topics: ["A"], updateTime, fields: { size: 1 } }), update(1, "A")]);
    const since = (ms: number) => client.syncLoad("A", { held: [1, 2], updatedSinceMs: updateTime.getTime() + ms });
    expect((await since(0)).deltas.map(inShort)).toEqual(["CREATE 2"]);
    expect((await since(1)).deltas).toEqual([]);
  });

  it("R29: brings everything where the position is of another epoch", async () => {
    const [, client] = await begin("A", create(1, "A"), create(2, "B"), create(3, "B"));
    const since = { epoch: "another", sequence: 1_000 };
    expect(shorts((await client.syncLoad("A", { since, held: [2] })).deltas)).toEqual(["CREATE 1", "CREATE 2"]);
  });

  it("R30: registers on exactly what is named and held, and brings what is selected and not named", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "A"), create(3, "B"), create(4, "B"));
    const load = await client.syncLoad("B", { held: [1, 3, 9] });
    expect([shorts(load.deltas), load.gone]).toEqual([["CREATE 4"], [9]]);
    await site.append([update(1, "X"), update(2, "X"), update(3, "X"), create(9, "X")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "UPDATE 3"]);
  });

  it("R31: leaves unsynchronized what is vetoed now, with tech-ids and without", async () => {
    for (const held of [[1, 2], undefined]) {
      const [site, client] = await begin("A*!V", create(1, "A"), create(2, "A"));
      const { position } = client;
      await site.append([update(1, "A"), update(2, "A", "V")]);
      const load = await client.syncLoad("A*!V", { since: position, ...(held && { held }) });
      expect(shorts(load.deltas)).toEqual(["CREATE 1"]);
      await site.append([update(1, "A"), update(2, "A")]);
      expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "FULL 2"]);
    }
  });

  it("R31: also where it had been synchronized on it under a slice that did not veto it", async () => {
    const [site, client] = await begin("A", create(1, "A", "V"));
    expect((await client.syncLoad("A*!V")).deltas).toEqual([]);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1"]);
  });

  it("R7: knows what changed also where the log no longer tells of it, after a restart too", async () => {
    const entities = [create(1, "A"), create(2, "A"), create(4, "A")];
    const readAll = async function* (): AsyncGenerator<DeltaObject[]> {
      yield await Promise.resolve(entities);
    };
    const site = await OneSite.start({ config: { logKeepHours: 30 / 3_600 } });
    await site.append([create(1, "A"), create(2, "A"), create(3, "A")]);
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    await site.append([update(1, "A"), delta("DELETE", 3, { topics: ["A"] })]);
    await site.clock.advance(90_000);
    await site.append([create(4, "A")]);
    expect((await site.store.log.bounds()).firstSequence).toBeGreaterThan(client.position.sequence + 1);
    await site.close();
    const again = await OneSite.start({ store: site.store, reader: { readAll } });
    const load = await client.movedTo(again).syncLoad("A", { held: [1, 2, 3] });
    expect([shorts(load.deltas), load.gone]).toEqual([["CREATE 1", "CREATE 4"], [3]]);
  });
});

describe("SkipLoad of a registered client", () => {
  it("R32: says that it can go on from its position, and changes nothing", async () => {
    const [site, client] = await begin("A", create(1, "A"));
    await site.append([update(1, "B")]);
    const { position } = client;
    expect(await client.skipLoad()).toEqual(position);
    expect(await client.skipLoad()).toEqual(position);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });
});

describe("UnregisterEntities", () => {
  it("R33: takes effect at its own sequence-number; what the slice selects there comes in full, for this client", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "A"));
    const other = await new RegisteredClient(site, "c2").begin();
    await other.fullLoad("A");
    await site.append([update(1, "B")]);
    const sequence = await client.unregister([1, 2, 9]);
    await site.append([update(1, "B"), update(2, "A")]);
    const { deltas } = await client.fetch();
    expect(deltas.map((one) => `${inShort(one)} ${one.sequence}`)).toEqual([
      `UPDATE 1 ${sequence - 1}`,
      `FULL 2 ${sequence}`,
      `UPDATE 2 ${sequence + 1}`,
    ]);
    expect(deltas.map(({ forThisClientAlone }) => forThisClientAlone)).toEqual([false, true, false]);
    expect((await other.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "UPDATE 1", "UPDATE 2"]);
  });
});
