import { expect, it } from "vitest";
import { codeOfRejection, delta, inShort, OneSite } from "../../support/one-site.js";
import { OneProxy } from "./one-proxy.js";

const create = (number: number, topics: string[]) =>
  delta("CREATE", number, { topics, fields: { name: "n", size: 0 } });

/** A site, a proxy below it and a proxy below that one. */
async function chain(): Promise<{ mother: OneSite; near: OneProxy; far: OneProxy }> {
  const mother = await OneSite.start();
  await mother.append([create(1, ["A"])]);
  const near = await OneProxy.start(mother, { name: "c2", topics: ["A"] });
  const far = await OneProxy.start(near, { name: "c1", topics: ["A"] });
  return { mother, near, far };
}

it("R76: tells over all links whether the center is reached, as soon as that changes", async () => {
  const { mother, near, far } = await chain();
  expect([near.isConnected, far.isConnected]).toEqual([true, true]);
  const position = await mother.position();
  const waiting = far.fetch("A", position, 100_000);
  await near.cut();
  await mother.clock.advance(10);
  await far.rest();
  expect([near.isConnected, far.isConnected]).toEqual([false, false]);
  // Who waits for deltas hears of it at once.
  const { deltas, head } = await waiting;
  expect([deltas, head.connectedToCenter]).toEqual([[], true]);
  expect((await far.fetch("A", position)).head.connectedToCenter).toBe(false);
  expect((await far.load("A")).head.connectedToCenter).toBe(false);
  await near.mend();
  await far.rest();
  expect([near.isConnected, far.isConnected]).toEqual([true, true]);
});

it("R76: counts a mother who says nothing as not reached", async () => {
  const { mother, near, far } = await chain();
  // The connection stays, and nothing comes over it.
  near.client.isSilent = true;
  await mother.clock.advance(1_900);
  await far.rest();
  expect([near.isConnected, far.isConnected]).toEqual([false, false]);
});

it("R77: goes on giving what it has without its mother, and catches up by itself", async () => {
  const { mother, near } = await chain();
  const position = await mother.position();
  await near.cut();
  await mother.append([create(2, ["A"])]);
  await mother.clock.advance(120_000);
  expect((await near.load("A")).deltas.map(({ id }) => id)).toEqual([1]);
  expect((await near.fetch("A", position)).deltas).toEqual([]);
  await near.mend();
  expect((await near.fetch("A", position)).deltas.map(inShort)).toEqual(["CREATE 2"]);
});

it("R77: a client that comes from a server that was ahead waits a little, and is then sent on", async () => {
  const { mother, near } = await chain();
  const { epoch } = await mother.position();
  const ahead = { epoch, sequence: mother.sequence + 1 };
  const early = near.fetch("A", ahead);
  await mother.append([create(2, ["A"])]);
  await near.rest();
  await mother.clock.advance(100);
  expect((await early).deltas).toEqual([]);
  const late = codeOfRejection(near.fetch("A", { epoch, sequence: mother.sequence + 1 }));
  await mother.clock.advance(3_000);
  expect(await late).toBe("Closed");
});

it("R77: has nothing to give before the first load, and says so", async () => {
  const mother = await OneSite.start();
  await mother.append([create(1, ["A"])]);
  const proxy = await OneProxy.start(mother, { isCut: true });
  expect(await codeOfRejection(proxy.load("A"))).toBe("Closed");
  expect(proxy.isConnected).toBe(false);
  await proxy.mend();
  expect((await proxy.load("A")).deltas.map(({ id }) => id)).toEqual([1]);
});

it("R24: a client that is disabled at the mother is disabled at her proxies", async () => {
  const { mother, near } = await chain();
  await mother.store.clients.disable("c1");
  await mother.clock.advance(1_100);
  await near.rest();
  expect(await codeOfRejection(near.load("A"))).toBe("ClientDisabled");
});
