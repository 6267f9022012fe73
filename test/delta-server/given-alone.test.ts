import { expect, it } from "vitest";
import { codeOfRejection, delta, inShort, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

const create = (number: number) => delta("CREATE", number, { topics: ["A"], fields: { name: "n" } });

it("R29: names what it holds where a SyncLoad would leave out what the client is given alone", async () => {
  const site = await OneSite.start();
  await site.append([create(1), create(2)]);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad("A");
  await client.unregister([1]);
  expect(await codeOfRejection(client.syncLoad("A"))).toBe("NotRegistered");
  expect((await client.syncLoad("A", { held: [2] })).deltas.map(inShort)).toEqual(["CREATE 1"]);
  await client.unregister([1]);
  expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1"]);
  expect((await client.syncLoad("A")).deltas).toEqual([]);
});

it("R29: also where it is given entities that it named", async () => {
  const site = await OneSite.start();
  await site.append([create(1), create(2)]);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad("A");
  await client.loadEntities([1]);
  expect(await codeOfRejection(client.syncLoad("A"))).toBe("NotRegistered");
  await client.fetch();
  expect((await client.syncLoad("A")).deltas).toEqual([]);
});

const windowBytes = (site: OneSite): number => site.service.status("delta")["windowBytes"] as number;

it("lets go of what a client is given alone and does not fetch, where that is more than the memory for it", async () => {
  const logInMemoryBytesMax = 100_000;
  const site = await OneSite.start({ config: { logInMemoryBytesMax } });
  await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "n".repeat(20_000) } })]);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad("A");
  for (let time = 0; time < 4; time++) await client.unregister([1]);
  expect(windowBytes(site)).toBeGreaterThan(80_000);
  expect((await client.fetch()).deltas.map(inShort)).toEqual(Array.from({ length: 4 }, () => "FULL 1"));
  for (let time = 0; time < 10; time++) await client.unregister([1]);
  expect(windowBytes(site)).toBeLessThanOrEqual(logInMemoryBytesMax);
  await site.clock.advance(10_000);
  expect(await codeOfRejection(client.fetch())).toBe("SequenceTooOld");
});

it("does not keep a log of nothing but commands in memory for ever", async () => {
  const site = await OneSite.start({ config: { logInMemoryBytesMax: 10_000 } });
  const { windowFrom } = site;
  for (let time = 0; time < 100; time++) await new RegisteredClient(site).begin();
  expect(site.windowFrom).toBeGreaterThan(windowFrom);
});
