import { describe, expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { FATHER_TOPIC } from "../../src/topics/routing-topics.js";
import type { Tracking } from "../../src/wire/requests.js";
import { CityDatabase } from "../support/city-database.js";
import { codeOfRejection, delta, type Given, inShort, OneSite } from "../support/one-site.js";
import { readLoad, RegisteredClient, type RegisteredLoad, techIdsOf } from "../support/registered-client.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 1 } });
const shorts = (deltas: readonly Given[]): string[] => deltas.map(inShort).sort();

async function begin(topicsSlice: string, ...deltas: DeltaObject[]): Promise<[OneSite, RegisteredClient]> {
  const site = await OneSite.start();
  await site.append(deltas);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad(topicsSlice);
  return [site, client];
}

describe("LoadEntities of a registered client", () => {
  it("R45: brings what is named, selected or not, and registers on it", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "B"), create(3, "B"));
    const load = await client.loadEntities([1, 2, 9, 2]);
    expect([shorts(load.deltas), load.head.count, load.gone]).toEqual([["CREATE 1", "CREATE 2"], 2, [9]]);
    await site.append([update(2, "C"), update(3, "B"), create(9, "B")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 2"]);
  });

  it("R45: makes it synchronized on what it had missed", async () => {
    const [site, client] = await begin("A*!V", create(1, "A"), create(2, "A"));
    await site.append([update(1, "A", "V"), update(2, "A", "V"), update(2, "A")]);
    await client.fetch();
    const load = await client.loadEntities([1]);
    // 1 is vetoed: who must not have its changes must not have it whole.
    expect([load.deltas, load.gone]).toEqual([[], [1]]);
    await site.append([update(1, "A")]);
    expect((await client.loadEntities([1])).deltas.map(inShort)).toEqual(["CREATE 1"]);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1", "UPDATE 1"]);
  });

  it("R45: leaves position, slice and stamp as they are", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "B"));
    await site.append([update(1, "A")]);
    const { stamp, sequence } = client.position;
    const { head } = await client.loadEntities([2]);
    expect([head.stamp, head.sequence]).toEqual([stamp, sequence + 2]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    expect(await client.skipLoad()).toMatchObject({ stamp });
  });

  it("R45: is a command: of its session, numbered, and only where its load and slice are in force", async () => {
    const [, client] = await begin("A", create(1, "A"));
    client.command--;
    expect(await codeOfRejection(client.loadEntities([1]))).toBe("StaleCommand");
    const { position } = client;
    client.position = { ...position, stamp: "1000" };
    expect(await codeOfRejection(client.loadEntities([1]))).toBe("NotRegistered");
    client.position = position;
    client.topicsSlice = "B";
    expect(await codeOfRejection(client.loadEntities([1]))).toBe("NotRegistered");
    client.topicsSlice = "A";
    client.position = { ...position, epoch: "another" };
    expect(await codeOfRejection(client.loadEntities([1]))).toBe("EpochChanged");
    client.position = { ...position, sequence: 1_000 };
    expect(await codeOfRejection(client.loadEntities([1]))).toBe("FutureSequence");
    client.position = position;
    expect((await client.loadEntities([1])).deltas.map(inShort)).toEqual(["CREATE 1"]);
  });

  it("R45: brings also what is not in the cache", async () => {
    const database = new CityDatabase();
    const site = await OneSite.start({ reader: database });
    await site.append([database.create(1, ["B"], { name: "late" })]);
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    const { deltas } = await client.loadEntities([1]);
    expect(deltas.map(({ id, fields }) => [id, fields])).toEqual([[1, { name: "late" }]]);
  });
});

describe("LoadEntities without registration", () => {
  async function load(site: OneSite, tracking: Tracking, topicsSlice: string): Promise<RegisteredLoad> {
    const techIds = techIdsOf([1, 2, 9]);
    const caller = { clientId: "c1", tracking, topicsSlice, position: await site.position() };
    const request = { service: "LoadEntities", ...caller, techIds } as const;
    return readLoad(await site.service.loadEntities(request, new AbortController().signal));
  }

  it("R45: brings of what is named what the slice selects", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A"), create(2, "B"), create(3, "A")]);
    await site.clock.advance(60_000);
    for (const slice of ["A", "A*TimeWindow10"]) {
      const { deltas, gone, head } = await load(site, "transition", slice);
      expect([shorts(deltas), gone, head.stamp]).toEqual([["CREATE 1"], [2, 9], undefined]);
    }
    const ofFather = await load(site, "none", FATHER_TOPIC);
    expect([shorts(ofFather.deltas), ofFather.gone]).toEqual([["CREATE 1", "CREATE 2"], [9]]);
    expect(site.service.status("delta")["registeredEntities"]).toBe(0);
  });

  it("R45: is refused in another epoch", async () => {
    const site = await OneSite.start();
    const position = { epoch: "another", sequence: 0 };
    const caller = { clientId: "c1", tracking: "none", topicsSlice: "A" } as const;
    const request = { service: "LoadEntities", ...caller, position, techIds: techIdsOf([1]) } as const;
    const answer = site.service.loadEntities(request, new AbortController().signal);
    expect(await codeOfRejection(answer)).toBe("EpochChanged");
  });
});
