import { describe, expect, it } from "vitest";
import { newTechId } from "../../src/base/guid.js";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { isCommandRecord, writeCommandRecord } from "../../src/delta-server/command-record.js";
import { appendBytes, codeOfRejection, delta, inShort, OneSite, schema } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, topic: string): DeltaObject =>
  delta("UPDATE", number, { topics: [topic], fields: { size: 1 } });

/** A site with entities 1 (A) and 2 (B), and a client that has loaded A. */
async function loaded(config: Parameters<typeof OneSite.start>[0] = {}): Promise<[OneSite, RegisteredClient]> {
  const site = await OneSite.start(config);
  await site.append([create(1, "A"), create(2, "B")]);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad("A");
  return [site, client];
}

/** Gives the codes that calls, made one after the other, are refused with. */
async function refusals(...calls: (() => Promise<unknown>)[]): Promise<Set<unknown>> {
  const codes = new Set<unknown>();
  for (const call of calls) codes.add(await codeOfRejection(call()));
  return codes;
}

/** The calls that rely on a registration, all but SyncLoad. */
const relying = (client: RegisteredClient): (() => Promise<unknown>)[] => [
  () => client.fetch(),
  () => client.skipLoad(),
  () => client.partialLoad("C"),
  () => client.unregister([1]),
];

const registeredEntities = (site: OneSite): unknown => site.service.status("delta")["registeredEntities"];

describe("a session", () => {
  it("R3: is refused where another log has numbered it, and fences nobody then", async () => {
    const [, client] = await loaded();
    const { session } = client;
    client.session = 1_000_000;
    expect(
      await refusals(
        () => client.skipLoad(),
        () => client.fetch(),
        () => client.fullLoad("A"),
      ),
    ).toEqual(new Set(["EpochChanged"]));
    client.session = session;
    expect(await codeOfRejection(client.fetch())).toBe("resolved");
  });

  it("R19, R32: takes up what the server has, and fences the one before, also where that waits", async () => {
    const [site, before] = await loaded();
    await site.append([update(1, "A")]);
    const next = Object.assign(new RegisteredClient(site), { topicsSlice: "A", position: before.position });
    await next.begin();
    // It is the first call of the new session that fences, not its beginning.
    await before.fetch();
    const waiting = codeOfRejection(before.fetch(60_000));
    await site.read();
    expect(await next.skipLoad()).toEqual(next.position);
    expect(await waiting).toBe("NotRegistered");
    expect((await next.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    expect(await codeOfRejection(before.fetch())).toBe("NotRegistered");
    expect(await codeOfRejection(before.skipLoad())).toBe("NotRegistered");
    const commands = [
      () => before.fullLoad("A"),
      () => before.syncLoad("A", { held: [1] }),
      () => before.syncLoad("A"),
      () => before.unregister([1]),
    ];
    expect(await refusals(...commands)).toEqual(new Set(["StaleCommand"]));
    await site.append([update(1, "A")]);
    expect((await next.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });

  it("R19: fences the one before also by a command", async () => {
    const [site, before] = await loaded();
    const waiting = codeOfRejection(before.fetch(60_000));
    await site.read();
    const next = await new RegisteredClient(site).begin();
    expect((await next.fullLoad("B")).deltas.map(inShort)).toEqual(["CREATE 2"]);
    expect(await waiting).toBe("NotRegistered");
    expect(await codeOfRejection(before.fullLoad("A"))).toBe("StaleCommand");
  });

  it("R3: of another log, where its number is not reached yet, is refused", async () => {
    const [, client] = await loaded();
    client.session = 1_000;
    expect(await codeOfRejection(client.fullLoad("A"))).toBe("EpochChanged");
  });
});

describe("a command", () => {
  it("R20: is a row of the log, and takes place at its sequence-number, whatever the server had read", async () => {
    const site = await OneSite.start();
    await appendBytes(site.store, encodeDeltaBuffer(schema, [create(1, "A")]));
    const client = await new RegisteredClient(site).begin();
    await appendBytes(site.store, encodeDeltaBuffer(schema, [create(2, "A")]));
    const load = await client.fullLoad("A");
    expect(load.deltas.map(inShort).sort()).toEqual(["CREATE 1", "CREATE 2"]);
    const removed = delta("DELETE", 1, { topics: ["A"] });
    await appendBytes(site.store, encodeDeltaBuffer(schema, [removed, create(3, "B")]));
    const partial = await client.partialLoad("B");
    expect(partial.deltas.map(inShort)).toEqual(["DELETE 1", "CREATE 3"]);
    const unregisteredAt = await client.unregister([3]);
    const rows = await site.store.log.read(0, { rowsMax: 100, bytesMax: 1e6 });
    const commands = rows.filter(({ deltaBuffer }) => isCommandRecord(deltaBuffer)).map(({ sequence }) => sequence);
    expect(commands).toEqual([client.session, load.head.sequence, partial.head.sequence, unregisteredAt]);
  });

  it("R21: that comes late, or twice, is refused and changes nothing", async () => {
    const [site, client] = await loaded();
    await client.fullLoad("A");
    for (const command of [0, 1]) {
      client.command = command;
      expect(await codeOfRejection(client.fullLoad("B"))).toBe("StaleCommand");
      client.command = command;
      expect(await codeOfRejection(client.unregister([1]))).toBe("StaleCommand");
    }
    await site.append([update(1, "A"), update(2, "B")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    client.command = 2;
    expect((await client.fullLoad("A")).deltas.map(inShort)).toEqual(["CREATE 1"]);
  });

  it("R21: that is refused for what it asks uses up its number, and nothing else", async () => {
    const [site, client] = await loaded();
    const other = { ...client.position, stamp: "1" };
    const { position } = client;
    client.position = other;
    expect(await codeOfRejection(client.partialLoad("B"))).toBe("NotRegistered");
    client.position = position;
    await site.append([update(1, "A")]);
    expect((await client.partialLoad("A+B")).deltas.map(inShort)).toEqual(["UPDATE 1", "CREATE 2"]);
  });
});

describe("a stamp", () => {
  it("R22: of another load, or another slice, is refused by every call that relies on it", async () => {
    const [, client] = await loaded();
    const { position } = client;
    await client.fullLoad("A");
    const current = client.position;
    for (const [topicsSlice, at] of [
      ["A", position],
      ["A", { ...current, stamp: "1" }],
      ["B", current],
    ] as const) {
      Object.assign(client, { topicsSlice, position: at });
      expect(await refusals(...relying(client))).toEqual(new Set(["NotRegistered"]));
      // It names the slice to be, so that only the stamp counts.
      if (at !== current) expect(await codeOfRejection(client.syncLoad("B"))).toBe("NotRegistered");
    }
    Object.assign(client, { topicsSlice: "A", position: current });
    expect(await client.skipLoad()).toEqual(current);
  });

  it("R22: is not asked for by FullLoad and SyncLoad with tech-ids", async () => {
    const [, client] = await loaded();
    client.position = { ...client.position, stamp: "1" };
    expect((await client.syncLoad("B", { held: [1] })).deltas.map(inShort)).toEqual(["CREATE 2"]);
    client.position = { ...client.position, stamp: "1" };
    expect((await client.fullLoad("B")).deltas.map(inShort)).toEqual(["CREATE 2"]);
  });

  it("R22: that a client does not name is taken for the one in force where the position is not before its load", async () => {
    const [, client] = await loaded();
    const { epoch, sequence } = client.position;
    client.position = { epoch, sequence };
    expect((await client.fetch()).deltas).toEqual([]);
    client.position = { epoch, sequence: sequence - 1 };
    expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
  });
});

describe("a registration", () => {
  it("R23, R30: ends with its server; SyncLoad with what is held brings another", async () => {
    const [site, client] = await loaded();
    await site.append([update(1, "B")]);
    await site.append([create(4, "A")]);
    await site.close();
    const again = await OneSite.start({ store: site.store });
    const same = client.movedTo(again);
    expect(await refusals(...relying(same), () => same.syncLoad("A"))).toEqual(new Set(["NotRegistered"]));
    const load = await same.syncLoad("A", { held: [1, 9] });
    expect([load.deltas.map(inShort).sort(), load.gone]).toEqual([["CREATE 1", "CREATE 4"], [9]]);
    await again.append([update(1, "B"), update(2, "B")]);
    expect((await same.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });

  it("R3, R23: ends with its epoch; FullLoad, and SyncLoad with tech-ids, begin anew", async () => {
    const [site, client] = await loaded();
    const waiting = codeOfRejection(client.fetch(60_000));
    await site.read();
    await site.store.log.newEpoch();
    await site.clock.advance(10_000);
    expect(await waiting).toBe("EpochChanged");
    expect(await refusals(...relying(client), () => client.syncLoad("A"))).toEqual(new Set(["EpochChanged"]));
    expect(registeredEntities(site)).toBe(0);
    const next = await client.movedTo(site).begin();
    expect((await next.syncLoad("A", { held: [1, 2] })).deltas.map(inShort).sort()).toEqual(["CREATE 1", "CREATE 2"]);
    expect((await next.fullLoad("A")).deltas.map(inShort)).toEqual(["CREATE 1"]);
  });

  it("R24: ends where its client is disabled", async () => {
    const [site, client] = await loaded();
    const waiting = codeOfRejection(client.fetch(60_000));
    await site.read();
    await site.store.clients.disable("c1");
    expect(await waiting).toBe("ClientDisabled");
    expect(await codeOfRejection(client.fullLoad("A"))).toBe("ClientDisabled");
    await site.store.clients.enable("c1");
    expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
    expect(registeredEntities(site)).toBe(0);
    expect((await client.syncLoad("A", { held: [1] })).gone).toEqual([]);
  });
});

describe("a command that stands in the log already", () => {
  /** Appends a FullLoad of a client's as a server did that is not there any more, or does not answer. */
  const appendFullLoad = (site: OneSite, { clientId, session }: RegisteredClient, bitNumber: number) => {
    const request = { service: "FullLoad", clientId, tracking: "registration", topicsSlice: "A" } as const;
    const record = { bitNumber, nowMs: site.clock.now(), ticket: newTechId() };
    return site.appendBytes(writeCommandRecord({ ...record, request: { ...request, session, command: 9 } }));
  };

  it("R24: changes nothing where its client is disabled", async () => {
    const [site, client] = await loaded();
    await site.store.clients.disable("c1");
    await appendFullLoad(site, client, 0);
    expect([site.service.status("delta")["registeredClients"], registeredEntities(site)]).toEqual([0, 0]);
    expect(site.logged.errors).toEqual([]);
  });

  it("leaves its client one registration where its row had another BitNumber then", async () => {
    const [site, client] = await loaded();
    await appendFullLoad(site, client, 7);
    expect(site.service.status("delta")["registeredClients"]).toBe(1);
    client.command = 9;
    await client.fullLoad("A");
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    expect(site.service.status("delta")["registeredClients"]).toBe(1);
  });

  it("R6: is passed over and reported where its BitNumber is none", async () => {
    const [site, client] = await loaded();
    await appendFullLoad(site, client, 64);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
    expect(site.logged.errors).toEqual([expect.stringContaining("passed over")]);
  });
});

describe("a position of a registered client", () => {
  it("R5: is too old where what it is given has left the memory; SyncLoad with tech-ids goes on from it", async () => {
    const [site, client] = await loaded({ config: { logInMemoryBytesMax: 1 } });
    await site.append([update(1, "A")]);
    const { position } = client;
    for (let turn = 0; turn < 3; turn++) await site.append([create(10 + turn, "B")]);
    await site.clock.advance(20_000);
    const reading = relying(client).slice(0, 3);
    expect(await refusals(...reading)).toEqual(new Set(["SequenceTooOld"]));
    expect((await client.syncLoad("A", { since: position, held: [1] })).deltas.map(inShort)).toEqual(["CREATE 1"]);
  });

  it("R4: ahead of the log is refused by everything that names it", async () => {
    const [site, client] = await loaded();
    client.position = { ...client.position, sequence: 1_000 };
    const sync = () => client.syncLoad("A", { held: [1] });
    expect(await refusals(...relying(client), sync)).toEqual(new Set(["FutureSequence"]));
    expect(new Set(site.logged.errors)).toEqual(new Set([expect.stringContaining("from the future")]));
    expect((await client.fullLoad("A")).deltas.map(inShort)).toEqual(["CREATE 1"]);
  });
});
