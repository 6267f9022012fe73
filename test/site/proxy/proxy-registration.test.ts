import { expect, it } from "vitest";
import { codeOfRejection, delta, inShort, OneSite } from "../../support/one-site.js";
import { RegisteredClient } from "../../support/registered-client.js";
import { OneProxy } from "./one-proxy.js";

const create = (number: number, topics: string[]) =>
  delta("CREATE", number, { topics, fields: { name: "n", size: 0 } });
const update = (number: number, topics: string[], size = 1) => delta("UPDATE", number, { topics, fields: { size } });

/** A site, a proxy that receives A, and a client that is registered there. */
async function registered(): Promise<{ mother: OneSite; proxy: OneProxy; client: RegisteredClient }> {
  const mother = await OneSite.start();
  await mother.append([create(1, ["A"]), create(2, ["A", "W"]), create(3, ["B"])]);
  const proxy = await OneProxy.start(mother, { topics: ["A"] });
  const client = await new RegisteredClient(proxy, "c1").begin();
  expect((await client.fullLoad("A")).deltas.map(({ id }) => id).sort()).toEqual([1, 2]);
  return { mother, proxy, client };
}

it("R74: registers clients in a table of its own", async () => {
  const { mother, proxy, client } = await registered();
  await mother.append([update(1, ["A"])]);
  await proxy.rest();
  expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  expect((await client.partialLoad("A*W")).deltas).toEqual([]);
  await client.unregister([1]);
  await mother.append([update(1, ["A"]), update(2, ["A", "W"])]);
  await proxy.rest();
  expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 2"]);
  // The log of the site has none of it.
  expect(mother.service.status("delta")["registeredClients"]).toBe(0);
});

it("R74: two loads at the same sequence-number have different stamps, and a newer session fences an older one", async () => {
  const { proxy, client } = await registered();
  const first = client.position.stamp;
  await client.fullLoad("A");
  expect(client.position.stamp).not.toBe(first);
  expect(client.position.stamp).toMatch(/^c2\./);
  const other = await new RegisteredClient(proxy, "c1").begin();
  expect(other.session).toBeGreaterThan(client.session);
  await other.fullLoad("A");
  expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
  expect(await codeOfRejection(client.fullLoad("A"))).toBe("StaleCommand");
});

it("R74: what it unregisters and its slice selects, a client is given by a load", async () => {
  const { client } = await registered();
  expect(await codeOfRejection(client.unregister([1]))).toBe("NotRegistered");
  const { deltas } = await client.syncLoad("A", { held: [2] });
  expect(deltas.map(({ id }) => id)).toEqual([1]);
});

it("R74: a registration ends where the entity leaves what the proxy receives", async () => {
  const { mother, proxy, client } = await registered();
  await mother.append([update(1, ["B"])]);
  await proxy.rest();
  expect((await client.fetch()).deltas.map(inShort)).toEqual(["DELETE 1"]);
});

it("R74: a client that moves, in either direction, names what it holds", async () => {
  const { mother, proxy, client } = await registered();
  const moved = client.movedTo(mother);
  expect(await codeOfRejection(moved.fetch())).toBe("NotRegistered");
  await mother.append([update(1, ["A"])]);
  expect((await moved.syncLoad("A", { held: [1, 2] })).deltas.map(({ id }) => id)).toEqual([1]);
  await mother.clock.advance(1_100);
  const back = moved.movedTo(proxy);
  expect(await codeOfRejection(back.fetch())).toBe("NotRegistered");
  expect((await back.syncLoad("A", { held: [1, 2] })).deltas).toEqual([]);
});

it("R75: who holds what is given up has to register again", async () => {
  const { mother, proxy } = await registered();
  const other = await new RegisteredClient(proxy, "c2").begin();
  await other.fullLoad("A+B");
  // It needs A alone from now on, and still holds 3.
  await other.partialLoad("A");
  await mother.clock.advance(70_000);
  await proxy.rest();
  expect(await codeOfRejection(other.fetch())).toBe("NotRegistered");
  expect((await other.syncLoad("A", { held: [1, 2, 3] })).gone).toEqual([3]);
});
