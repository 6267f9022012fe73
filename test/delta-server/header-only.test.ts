import { describe, expect, it } from "vitest";
import { BATCH_BYTES_MAX, BODIES_READ_MAX } from "../../src/base/limits.js";
import { LiveDistError } from "../../src/base/errors.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { CityDatabase } from "../support/city-database.js";
import { settle } from "../support/manual-clock.js";
import { codeOfRejection, inShort, loadOf, OneSite, type Client, type Given, type Load } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

async function startWith(database: CityDatabase, options = {}): Promise<OneSite> {
  return OneSite.start({ reader: database, ...options });
}

async function client(site: OneSite, topicsSlice: string, sequence: number, clientId = "c1"): Promise<Client> {
  return { position: await site.position(sequence), tracking: "transition", topicsSlice, clientId };
}

const inWords = (one: Given): string => `${inShort(one)} ${JSON.stringify(one.fields)}`;

/** Lets calls of the reader that were held go on. */
function holdReads(database: CityDatabase): () => void {
  let open = (): void => undefined;
  database.gate = new Promise((resolve) => (open = resolve));
  return () => open();
}

/** Begins a load and gives what finishes it: its snapshot is taken, its entities are not sent. */
async function beginLoad(site: OneSite, topicsSlice: string): Promise<() => Promise<Load>> {
  const request = { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice } as const;
  const answer = await site.service.fullLoad(request, new AbortController().signal);
  const iterator = answer[Symbol.asyncIterator]();
  const first = await iterator.next();
  const pieces = [...(first.value as readonly Uint8Array[])];
  return async () => {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) pieces.push(...next.value);
    return loadOf(pieces);
  };
}

describe("an entity that is not in the cache", () => {
  it("R35: is held as a header, and read when a load sends it", async () => {
    const database = new CityDatabase();
    const early = database.create(1, ["A"], { name: "early" });
    const site = await startWith(database);
    await site.append([early, database.create(2, ["A"], { name: "late", size: 1 })]);
    await site.append([database.create(3, ["A"], { name: "cached" }, true), database.create(4, ["B"])]);
    await site.append([database.update(2, ["A"], { size: 2 })]);
    expect(site.service.status("cache")).toMatchObject({ entities: 4, headerOnlyEntities: 3 });
    const { deltas, head } = await site.load("A");
    expect(deltas.map(inWords).sort()).toEqual([
      'CREATE 1 {"name":"early"}',
      'CREATE 2 {"name":"late","size":2}',
      'CREATE 3 {"name":"cached"}',
    ]);
    expect(head.count).toBe(3);
    expect(database.calls.map((ids) => [...ids].sort())).toEqual([[1, 2]]);
    await site.append([database.remove(1), database.remove(4)]);
    expect(site.service.status("cache")).toMatchObject({ entities: 2, headerOnlyEntities: 1 });
  });

  it("R35: is given as it was logged to those who have it", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([database.create(1, ["A"], { name: "x" })]);
    await site.append([database.update(1, ["A"], { size: 2 })]);
    await site.append([database.remove(1)]);
    const { deltas } = await site.fetch(await client(site, "A", 0));
    expect(deltas.map(inWords)).toEqual(['CREATE 1 {"name":"x"}', 'UPDATE 1 {"size":2}', "DELETE 1 leaves {}"]);
    expect(database.calls).toEqual([]);
  });

  it("is read once for all who it is given to in full, in one call with those behind it", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([1, 2, 3].map((number) => database.create(number, ["B"], { name: `n${number}` })));
    for (const number of [1, 2, 3]) await site.append([database.update(number, ["A", "C"], { size: number })]);
    const readers = [await client(site, "A", 1), await client(site, "C", 1, "c2"), await client(site, "A", 1, "c2")];
    const batches = await Promise.all(readers.map((one) => site.fetch(one)));
    for (const { deltas, sequence } of batches) {
      expect(deltas.map((one) => `${one.sequence} ${inWords(one)}`)).toEqual([
        '2 FULL 1 {"name":"n1","size":1}',
        '3 FULL 2 {"name":"n2","size":2}',
        '4 FULL 3 {"name":"n3","size":3}',
      ]);
      expect(sequence).toBe(4);
    }
    await site.fetch(readers[0]!);
    expect(database.calls).toEqual([[1, 2, 3]]);
  });

  it("misses no row that enters while it is read", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([database.create(1, ["B"], { name: "x" })]);
    await site.append([database.update(1, ["A"], { size: 1 })]);
    const go = holdReads(database);
    const at = await client(site, "A", 1);
    const reading = site.fetch(at);
    await settle();
    await site.append([database.update(1, ["A"], { size: 2 })]);
    go();
    const first = await reading;
    // Newer than its header: what follows says the same again.
    expect(first.deltas.map(inWords)).toEqual(['FULL 1 {"name":"x","size":2}', 'UPDATE 1 {"size":2}']);
    expect(first.sequence).toBe(3);
  });

  it("R35: is given without fields where it is gone when it is read, or no longer the client's to see", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([database.create(1, ["B"], { name: "x" }), database.create(2, ["B"], { name: "y" })]);
    await site.append([database.update(1, ["A"], { size: 1 }), database.update(2, ["A"], { size: 1 })]);
    await site.append([database.update(1, ["A"], { size: 2 })]);
    await site.append([database.remove(1), database.update(2, ["secret"], { name: "secret" })]);
    const { deltas, rows } = await site.fetch(await client(site, "A", 1));
    expect(deltas.map(inWords)).toEqual([
      "FULL 1 {}",
      "FULL 2 {}",
      'UPDATE 1 {"size":2}',
      "DELETE 1 leaves {}",
      "UPDATE 2 leaves {}",
    ]);
    expect(Buffer.concat(rows).toString("latin1")).not.toContain("name");
    const both = await site.fetch(await client(site, "A+secret", 1, "c2"));
    expect(both.deltas.map(inWords)).toContain('FULL 2 {"name":"secret","size":1}');
    expect(deltas.map(({ topics }) => topics[0])).toEqual(["A", "A", "A", "A", "secret"]);
  });

  it("R35: is given as the load's header says where it changed, went or left while the load streams", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([1, 2, 3].map((number) => database.create(number, ["A"], { name: `n${number}`, size: 1 })));
    const finish = await beginLoad(site, "A");
    await site.append([database.update(1, ["A", "C"], { size: 2 }), database.remove(2)]);
    await site.append([database.update(3, ["B"], { name: "secret" })]);
    const load = await finish();
    expect(load.head).toMatchObject({ sequence: 1, count: 3 });
    expect(load.deltas.map((one) => `${inWords(one)} ${one.topics.join()}`).sort()).toEqual([
      'CREATE 1 {"name":"n1","size":2} A',
      "CREATE 2 {} A",
      "CREATE 3 {} A",
    ]);
    const { deltas } = await site.fetch(await client(site, "A", 1));
    expect(deltas.map(inShort)).toEqual(["UPDATE 1", "DELETE 2 leaves", "UPDATE 3 leaves"]);
  });

  it("is read in calls and pieces of bounded size by a load, none of which outlives its piece", async () => {
    const database = new CityDatabase();
    const count = 10_000;
    const site = await startWith(database);
    const name = "x".repeat(1_000);
    const numbers = Array.from({ length: count }, (_, at) => at + 1);
    await site.append(numbers.map((number) => database.create(number, ["A"], { name }, number % 10 === 0)));
    const request = { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    const pieces: Uint8Array[] = [];
    for await (const piece of await site.service.fullLoad(request, new AbortController().signal)) {
      expect(database.running).toBe(0);
      expect(Buffer.concat(piece).length).toBeLessThan(BATCH_BYTES_MAX);
      pieces.push(...piece);
    }
    const { deltas } = loadOf(pieces);
    expect(new Set(deltas.map((one) => one.id)).size).toBe(count);
    expect(deltas.every(({ fields }) => (fields as { name: string }).name === name)).toBe(true);
    expect(database.calls.length).toBe((count * 0.9) / BODIES_READ_MAX);
  });

  it("is read in calls that end when much was read", async () => {
    const database = new CityDatabase();
    database.batchRows = 1;
    const site = await startWith(database);
    const name = "x".repeat(1_500_000);
    for (let number = 1; number <= 7; number++) await site.append([database.create(number, ["A"], { name })]);
    expect((await site.load("A")).deltas).toHaveLength(7);
    expect(database.calls.map(({ length }) => length)).toEqual([7, 4, 1]);
  });

  it("is read again after the reader has failed; the server goes on", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([database.create(1, ["B"], { name: "x" })]);
    await site.append([database.update(1, ["A"], { size: 1 })]);
    const at = await client(site, "A", 1);
    database.failure = new LiveDistError("Store", "no");
    expect(await codeOfRejection(site.fetch(at))).toBe("Store");
    database.failure = new TypeError("a mistake of the application's");
    expect(await codeOfRejection(site.fetch(at))).toBe("Internal");
    database.failure = new TypeError("another one");
    expect(await codeOfRejection(site.load("A"))).toBe("Internal");
    expect(site.logged.errors.filter((message) => message.includes("not in the cache"))).toHaveLength(3);
    expect((await site.fetch(at)).deltas.map(inWords)).toEqual(['FULL 1 {"name":"x","size":1}']);
    expect((await site.load("A")).deltas.map(inWords)).toEqual(['CREATE 1 {"name":"x","size":1}']);
  });

  it("counts in the window once it was read", async () => {
    const database = new CityDatabase();
    const site = await startWith(database, { config: { logInMemoryBytesMax: 150_000 } });
    await site.append([database.create(1, ["B"], { name: "x".repeat(60_000) })]);
    await site.append([database.update(1, ["A"], { size: 1 })]);
    await site.append([database.update(1, ["A"], { size: 2 })]);
    expect(site.windowFrom).toBe(0);
    await site.fetch(await client(site, "A", 1));
    expect(site.windowFrom).toBe(1);
  });

  it("R11: is given in full to who comes back from before the window", async () => {
    const database = new CityDatabase();
    const site = await startWith(database, { config: { logInMemoryBytesMax: 1 } });
    await site.append([database.create(1, ["A"], { name: "x" }), database.create(2, ["A"], { name: "y" }, true)]);
    await site.append([database.update(1, ["A"], { size: 1 }), database.create(3, ["A"], { name: "z" })]);
    await site.append([database.update(2, ["A"], { size: 2 })]);
    const { deltas, sequence } = await site.fetch(await client(site, "A", 0));
    expect(deltas.map(inWords).sort()).toEqual([
      'FULL 1 {"name":"x","size":1}',
      'FULL 2 {"name":"y","size":2}',
      'FULL 3 {"name":"z"}',
    ]);
    expect(sequence).toBe(3);
  });

  it("R34: is named by SelectMinus without being read", async () => {
    const database = new CityDatabase();
    const site = await startWith(database);
    await site.append([database.create(1, ["A"], { name: "x" })]);
    const request = { service: "SelectMinus", clientId: "c1", oldTopicsSlice: "A", newTopicsSlice: "B" } as const;
    const pieces: Uint8Array[] = [];
    for await (const piece of await site.service.selectMinus(request, new AbortController().signal))
      pieces.push(...piece);
    expect(loadOf(pieces).deltas.map(inShort)).toEqual(["DELETE 1"]);
    expect(database.calls).toEqual([]);
  });

  it("stays whole in the cache where no reader can read it", async () => {
    const database = new CityDatabase();
    const created = database.create(1, ["A"], { name: "x" });
    const site = await OneSite.start({ reader: { readAll: () => database.readAll() } });
    await site.append([database.update(1, ["A"], { size: 1 })]);
    expect(created.inCache).toBe(false);
    expect((await site.load("A")).deltas.map(inWords)).toEqual(['CREATE 1 {"name":"x","size":1}']);
    expect(site.service.status("cache")).toMatchObject({ entities: 1, headerOnlyEntities: 0 });
  });

  it("is held whole, with a warning, where its class is not for the cache and there is no reader", async () => {
    const away = makeSchema("away", [deltaClass("City", { name: string() }, { inCache: false })]);
    const warnings = ({ logged }: OneSite) => logged.lines.filter(({ level }) => level === "warn");
    expect(warnings(await OneSite.start({ schema: away }))).toMatchObject([{ fields: { classes: ["City"] } }]);
    expect(warnings(await OneSite.start({ schema: away, reader: new CityDatabase() }))).toEqual([]);
  });
});

describe("a registered client", () => {
  async function registered(database: CityDatabase, slice: string, ...clientIds: string[]) {
    const site = await startWith(database);
    const clients: RegisteredClient[] = [];
    for (const clientId of clientIds) {
      const one = await new RegisteredClient(site, clientId).begin();
      await one.fullLoad(slice);
      clients.push(one);
    }
    return { site, clients };
  }

  it("is given what its slice begins to select in full, several clients by one call", async () => {
    const database = new CityDatabase();
    const { site, clients } = await registered(database, "A", "c1", "c2");
    await site.append([database.create(1, ["B"], { name: "x" })]);
    await site.append([database.update(1, ["A"], { size: 1 })]);
    await site.append([database.update(1, ["B"], { size: 2 })]);
    for (const one of clients) {
      const { deltas } = await one.fetch();
      expect(deltas.map(inWords)).toEqual(['FULL 1 {"name":"x","size":2}', 'UPDATE 1 {"size":2}']);
    }
    expect(database.calls).toEqual([[1]]);
  });

  it("is not given what its slice vetoes by now, and another one is", async () => {
    const database = new CityDatabase();
    const { site, clients } = await registered(database, "A*!V", "c1");
    const open = await new RegisteredClient(site, "c2").begin();
    await open.fullLoad("A");
    await site.append([database.create(1, ["B"], { name: "x" })]);
    await site.append([database.update(1, ["A"], { size: 1 })]);
    await site.append([database.update(1, ["A", "V"], { name: "secret" })]);
    expect((await clients[0]!.fetch()).deltas.map(inWords)).toEqual(["FULL 1 {}"]);
    expect((await open.fetch()).deltas.map(inWords)).toEqual([
      'FULL 1 {"name":"secret","size":1}',
      'UPDATE 1 {"name":"secret"}',
    ]);
    await site.append([database.update(1, ["A"], { size: 2 })]);
    expect((await clients[0]!.fetch()).deltas.map(inWords)).toEqual(['FULL 1 {"name":"secret","size":2}']);
  });

  it("R33: is given in full what it unregistered and its slice selects, cached or not", async () => {
    const database = new CityDatabase();
    const first = [database.create(1, ["A"], { name: "x" }), database.create(2, ["A"], { name: "y" }, true)];
    const { site, clients } = await registered(database, "A", "c1");
    expect(first).toHaveLength(2);
    const at = await clients[0]!.unregister([1, 2]);
    await site.append([database.remove(1)]);
    const { deltas } = await clients[0]!.fetch();
    expect(deltas.map((one) => `${one.sequence} ${inWords(one)}`)).toEqual([
      `${at} FULL 1 {}`,
      `${at} FULL 2 {"name":"y"}`,
      `${at + 1} DELETE 1 {}`,
    ]);
    await clients[0]!.unregister([2]);
    expect((await clients[0]!.fetch()).deltas.map(inWords)).toEqual(['FULL 2 {"name":"y"}']);
  });

  it("R28: is given by a partial load what it is owed, in order, and then the entities", async () => {
    const database = new CityDatabase();
    const { site, clients } = await registered(database, "A", "c1");
    await site.append([database.create(1, ["B"], { name: "x" }), database.create(2, ["C"], { name: "y" })]);
    await site.append([database.update(1, ["A"], { size: 1 })]);
    await site.append([database.update(1, ["A"], { size: 2 })]);
    const load = await clients[0]!.partialLoad("C");
    expect(load.deltas.map(inWords)).toEqual([
      'FULL 1 {"name":"x","size":2}',
      'UPDATE 1 {"size":2}',
      'CREATE 2 {"name":"y"}',
    ]);
    const again = await clients[0]!.syncLoad("A+C", { since: await site.position(0), held: [1, 2] });
    expect(again.deltas.map(inShort).sort()).toEqual(["CREATE 1", "CREATE 2"]);
  });
});
