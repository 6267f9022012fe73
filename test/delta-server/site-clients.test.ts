import { describe, expect, it } from "vitest";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { isCommandRecord } from "../../src/delta-server/command-record.js";
import { FATHER_TOPIC, forRouting, siteTopic, sonTopicsSlice } from "../../src/topics/routing-topics.js";
import type { Position } from "../../src/wire/requests.js";
import { appendBytes, codeOfRejection, delta, type Given, inShort, OneSite, schema } from "../support/one-site.js";
import { readLoad, RegisteredClient, type RegisteredLoad, techIdsOf } from "../support/registered-client.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 1 } });
const shorts = (deltas: readonly Given[]): string[] => deltas.map(inShort).sort();
const slice = sonTopicsSlice("A", "s");

async function begin(...deltas: DeltaObject[]): Promise<[OneSite, RegisteredClient]> {
  const site = await OneSite.start();
  await site.append(deltas);
  const son = Object.assign(new RegisteredClient(site), { siteEpoch: "e" });
  await son.begin();
  await son.fullLoad(slice);
  return [site, son];
}

describe("a registered site", () => {
  it("R46: stays registered on what it names and the server does not hold, which it is told all the same", async () => {
    const [site, son] = await begin(create(1, "A"));
    const load = await son.syncLoad(slice, { held: [1, 2] });
    expect([load.deltas, load.gone]).toEqual([[], [2]]);
    await site.append([create(2, "B"), create(3, "B")]);
    expect((await son.fetch()).deltas.map(inShort)).toEqual(["CREATE 2"]);
  });

  it("R46: also after other commands; and an edge is not", async () => {
    const [site, son] = await begin(create(1, "A"));
    const edge = await new RegisteredClient(site, "c2").begin();
    await edge.syncLoad("A", { held: [1, 2] });
    await son.syncLoad(slice, { held: [1, 2] });
    await son.partialLoad(sonTopicsSlice("A+B", "s"));
    await son.loadEntities([2]);
    await son.fetch();
    await son.syncLoad(sonTopicsSlice("A+B", "s"));
    await site.append([create(2, "C")]);
    expect((await son.fetch()).deltas.map(inShort)).toEqual(["CREATE 2"]);
    expect((await edge.fetch()).deltas).toEqual([]);
  });

  it("R46: is not registered on what it has unregistered, or was deleted", async () => {
    const [site, son] = await begin(create(1, "A"));
    await son.syncLoad(slice, { held: [1, 2] });
    await son.unregister([2]);
    await site.append([delta("DELETE", 1, { topics: ["A"] })]);
    await site.append([create(1, "C"), create(2, "C")]);
    expect((await son.fetch()).deltas.map(inShort)).toEqual(["DELETE 1"]);
  });
});

describe("the SyncLoad of a site without registration", () => {
  const father = { clientId: "c2", tracking: "none", topicsSlice: FATHER_TOPIC, siteEpoch: "f" } as const;

  async function syncLoad(
    site: OneSite,
    position: Position,
    numbers?: number[],
    siteEpoch?: string,
  ): Promise<RegisteredLoad> {
    const { siteEpoch: own, ...caller } = father;
    const members = { position, ...(numbers && { techIds: techIdsOf(numbers) }) };
    const epoch = siteEpoch === "" ? {} : { siteEpoch: own };
    const request = { service: "SyncLoad", ...caller, ...epoch, ...members } as const;
    return readLoad(await site.service.syncLoad(request, new AbortController().signal));
  }

  it("R47, R85: is a row of the log, and has all that was committed before, whatever the server had read", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A")]);
    const position = await site.position();
    await appendBytes(site.store, encodeDeltaBuffer(schema, [create(2, "A"), update(1, "A")]));
    const asEdge = await syncLoad(site, position, undefined, "");
    expect(asEdge.deltas).toEqual([]);
    const load = await syncLoad(site, position);
    expect(shorts(load.deltas)).toEqual(["CREATE 1", "CREATE 2"]);
    const rows = await site.store.log.read(0, { rowsMax: 100, bytesMax: 1e6 });
    const commands = rows.filter(({ deltaBuffer }) => isCommandRecord(deltaBuffer));
    expect(commands.map(({ sequence }) => sequence)).toEqual([load.head.sequence]);
    expect(load.head.stamp).toBeUndefined();
  });

  it("R47: brings what changed since the position, or everything since another epoch, and names what is gone", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A"), create(2)]);
    const position = await site.position();
    await site.append([update(2)]);
    const load = await syncLoad(site, position, [1, 9]);
    expect([shorts(load.deltas), load.gone]).toEqual([["CREATE 2"], [9]]);
    expect(shorts((await syncLoad(site, { epoch: "another", sequence: 9 })).deltas)).toEqual(["CREATE 1", "CREATE 2"]);
    const ahead = { ...position, sequence: 1_000 };
    expect(await codeOfRejection(syncLoad(site, ahead))).toBe("FutureSequence");
  });

  it("R47: registers nobody, and fences nobody", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A")]);
    const son = await new RegisteredClient(site, "c2").begin();
    await son.fullLoad("A");
    await syncLoad(site, await site.position(), [1]);
    await site.append([update(1, "A")]);
    expect((await son.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    expect(site.service.status("delta")["registeredEntities"]).toBe(1);
  });
});

describe("who holds an entity", () => {
  it("is told of some clients, and who of them is not registered", async () => {
    const [site, son] = await begin(create(1, "A"), create(2, "B"));
    const { registered } = site.delta;
    const isHeld = (number: number, ...clientIds: string[]): boolean => {
      const bytes = new Uint8Array(20);
      bytes.set(techIdsOf([number]), 4);
      return registered.isHeldBy(bytes, 4, clientIds);
    };
    expect(registered.unregisteredAmong(["c2", "c1", "unknown"])).toEqual(["c2", "unknown"]);
    expect([isHeld(1, "c1"), isHeld(1, "c2", "c1"), isHeld(1, "c2"), isHeld(1)]).toEqual([true, true, false, false]);
    expect([isHeld(2, "c1"), isHeld(9, "c1")]).toEqual([false, false]);
    await site.append([delta("REGISTER", 2, { topics: [forRouting(siteTopic("s"))] })]);
    expect(isHeld(2, "c1")).toBe(true);
    await son.unregister([1]);
    // The slice selects it: it is given back.
    expect(isHeld(1, "c1")).toBe(true);
    await site.store.clients.disable("c1");
    await site.read();
    expect(registered.unregisteredAmong(["c1"])).toEqual(["c1"]);
    expect(isHeld(1, "c1")).toBe(false);
  });
});
