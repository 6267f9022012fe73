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
