import { describe, expect, it } from "vitest";
import { encodeDeltaBuffer } from "../../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../../src/delta/delta-object.js";
import { Entities } from "../../../src/entities/entities.js";
import { Drops } from "../../../src/site/links/drops.js";
import { appendBytes, City, codeOfRejection, delta, id, inShort, OneSite, schema } from "../../support/one-site.js";
import { settle } from "../../support/manual-clock.js";
import { RegisteredClient } from "../../support/registered-client.js";
import { memberOf } from "./member-of.js";
import { appendTo, OwnAccess, sharedSite } from "./shared-store.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 1 } });

const registrations = ({ service }: OneSite): unknown => {
  const { registeredClients, registeredEntities } = service.status("delta");
  return [registeredClients, registeredEntities];
};

describe("a command", () => {
  it("R79: changes the registration at every server, whichever was asked", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    await appendTo(site, [create(1, "A"), create(2, "B"), create(3, "A", "V")]);
    let client = await new RegisteredClient(first).begin();
    await client.fullLoad("A*!V");
    client = client.movedTo(second);
    expect((await client.partialLoad("A*!V+B")).deltas.map(inShort)).toEqual(["CREATE 2"]);
    await appendTo(site, [update(1, "A"), update(2, "B")]);
    client = client.movedTo(first);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "UPDATE 2"]);
    const unregisteredAt = await client.unregister([1, 2]);
    client = client.movedTo(second);
    await second.read();
    const { deltas } = await client.fetch();
    expect(deltas.map(({ oper, sequence }) => [oper, sequence])).toEqual([
      ["FULL", unregisteredAt],
      ["FULL", unregisteredAt],
    ]);
    await client.loadEntities([1]);
    client = client.movedTo(first);
    expect((await client.syncLoad("A", { held: [1, 9] })).gone).toEqual([9]);
    expect(registrations(first)).toEqual([1, 2]);
    await second.read();
    expect(registrations(second)).toEqual([1, 2]);
  });
});

describe("a server that is behind", () => {
  it("R81: reads first up to where the client stands, and up to its load", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    let letGo = (): void => undefined;
    site.access[1]!.held = new Promise((resolve) => (letGo = resolve));
    await appendBytes(site.store, encodeDeltaBuffer(schema, [create(1, "A")]));
    const client = await new RegisteredClient(first).begin();
    await client.fullLoad("A");
    const there = client.movedTo(second);
    const fetching = there.fetch();
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(second.sequence).toBeLessThan(client.position.sequence);
    site.access[1]!.held = undefined;
    letGo();
    expect((await fetching).deltas).toEqual([]);
    expect(second.sequence).toBeGreaterThanOrEqual(client.position.sequence);
  });

  it("R81: sends the client away where that takes too long, or cannot be, and tells nobody of a restored database", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    await second.read();
    site.access[1]!.isCut = true;
    await first.append([create(1, "A")]);
    const client = await new RegisteredClient(first).begin();
    await client.fullLoad("A");
    const there = client.movedTo(second);
    expect(await codeOfRejection(there.fetch())).toBe("Closed");
    expect(await codeOfRejection(there.skipLoad())).toBe("Closed");
    const { position } = client;
    expect(await codeOfRejection(second.fetch({ tracking: "transition", topicsSlice: "A", position }))).toBe("Closed");
    site.access[1]!.isCut = false;
    site.access[1]!.held = new Promise(() => undefined);
    const waiting = codeOfRejection(there.fetch());
    for (let turn = 0; turn < 20; turn++) await settle();
    await second.clock.advance(2_100);
    expect(await waiting).toBe("Closed");
    expect(second.logged.errors.filter((one) => one.includes("future"))).toEqual([]);
  });
});

describe("a drop", () => {
  it("R84: waits where the server has not read yet who is registered", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    const { store } = site;
    const entities = new Entities(store, schema, { topicsOf: () => ["A"] });
    await entities.transaction((unit) => unit.create(City, { name: "n" }, { techId: id(1) }));
    await first.read();
    const son = await new RegisteredClient(first).begin();
    await son.fullLoad("B");
    await second.read();
    let letGo = (): void => undefined;
    site.access[1]!.held = new Promise((resolve) => (letGo = resolve));
    await son.partialLoad("A");
    const drops = new Drops({ store, entities, delta: second.delta, clients: second.clients, sons: ["c1"] });
    const dropping = drops.drop(
      () => true,
      10,
      async (drop) => {
        await store.transaction(drop);
        site.access[1]!.held = undefined;
        letGo();
      },
    );
    expect(await dropping).toEqual({ count: 0, end: "complete" });
    expect(await entities.get(City, id(1))).toBeDefined();
  });
});

describe("a server that the log was trimmed in front of", () => {
  it("R82: serves nobody any more, instead of leaving out what it missed", async () => {
    const site = await sharedSite(1);
    const [first] = site.servers as [OneSite];
    const access = new OwnAccess(site.store);
    const member = memberOf(site.store);
    const second = await OneSite.start({ store: access.store, member });
    await member.start({ url: "http://second", clients: () => 0, sequence: () => second.sequence });
    expect(member.lease).toBeDefined();
    await appendTo(site, [create(1, "A")]);
    await second.read();
    let letGo = (): void => undefined;
    access.held = new Promise((resolve) => (letGo = resolve));
    await first.append([update(1, "A")]);
    await first.append([create(2, "A")]);
    await site.store.log.trim(2, []);
    letGo();
    second.service.notify();
    while (second.logged.errors.length === 0) await settle();
    expect(await codeOfRejection(second.load("A"))).toBe("Closed");
    expect(second.logged.errors).toEqual([expect.stringContaining("trimmed beyond")]);
    expect((await first.load("A")).deltas.map(inShort).sort()).toEqual(["CREATE 1", "CREATE 2"]);
    // Nobody is sent there, and another one may lead.
    while ((await site.store.servers.list()).rows.length > 0) await settle();
    expect(member.lease).toBeUndefined();
  });
});

describe("what is no longer served", () => {
  it("R86: ends at every server by a row of the log, whoever saw it first", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    await appendTo(site, [create(1, "A")]);
    const client = await new RegisteredClient(first).begin();
    await client.fullLoad("A");
    await second.read();
    expect([registrations(first), registrations(second)]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    // Only the first looks at the table, twice: the other never sees that the row was disabled.
    await site.store.transaction((transaction) =>
      transaction.run("UPDATE LiveDistClients SET IsDisabled = 1 WHERE ClientId = 'c1'"),
    );
    await first.clock.advance(600);
    await site.store.transaction((transaction) =>
      transaction.run("UPDATE LiveDistClients SET IsDisabled = 0 WHERE ClientId = 'c1'"),
    );
    await first.clock.advance(600);
    await first.read();
    await second.read();
    expect([registrations(first), registrations(second)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(await codeOfRejection(client.movedTo(second).fetch())).toBe("NotRegistered");
    expect((await client.movedTo(second).syncLoad("A", { held: [1] })).gone).toEqual([]);
  });

  it("R86: ends also where a server that does not know of it has taken a command meanwhile", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    await appendTo(site, [create(1, "A")]);
    const client = await new RegisteredClient(first).begin();
    const away = await new RegisteredClient(second, "c2").begin();
    await site.store.transaction((transaction) =>
      transaction.run("UPDATE LiveDistClients SET IsDisabled = 1 WHERE ClientId = 'c1'"),
    );
    await second.clock.advance(600);
    await client.fullLoad("A");
    await away.fullLoad("B");
    await second.read();
    await first.read();
    expect([registrations(first), registrations(second)]).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });
});

describe("a session", () => {
  it("R19, R86: that a reading call has named fences those before it at every server", async () => {
    const site = await sharedSite(2);
    const [first, second] = site.servers as [OneSite, OneSite];
    await appendTo(site, [create(1, "A"), create(2, "A")]);
    const before = await new RegisteredClient(first).begin();
    await before.fullLoad("A");
    const next = await Object.assign(new RegisteredClient(first), {
      topicsSlice: "A",
      position: before.position,
    }).begin();
    const waiting = codeOfRejection(before.movedTo(second).fetch(60_000));
    await second.read();
    expect(await next.skipLoad()).toEqual(next.position);
    await second.read();
    expect(await waiting).toBe("NotRegistered");
    // A late duplicate comes to the server that the newer session has not asked.
    expect(await codeOfRejection(before.movedTo(second).unregister([1]))).toBe("StaleCommand");
    await appendTo(site, [update(1, "A")]);
    expect((await next.movedTo(second).fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });
});
