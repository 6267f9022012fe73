import { describe, expect, it } from "vitest";
import { codeOfRejection, delta, inShort, OneSite } from "../../support/one-site.js";
import type { DeltaStream } from "../../../src/wire/live-dist-service.js";
import { nextBatch } from "../../../src/wire/next-batch.js";
import { OneProxy } from "./one-proxy.js";

const create = (number: number, topics: string[]) =>
  delta("CREATE", number, { topics, fields: { name: `n${number}`, size: 0 } });
const update = (number: number, topics: string[], size: number) =>
  delta("UPDATE", number, { topics, fields: { size } });

/** A site with 1 [A], 2 [B], 3 [A,B]. */
async function site(): Promise<OneSite> {
  const mother = await OneSite.start();
  await mother.append([create(1, ["A"]), create(2, ["B"]), create(3, ["A", "B"])]);
  return mother;
}

async function ids(proxy: OneProxy, slice: string): Promise<number[]> {
  return (await proxy.load(slice)).deltas.map(({ id }) => id).sort();
}

describe("a proxy", () => {
  it("R68: has the mother's epoch and sequence-numbers", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    const { head } = await proxy.load("A");
    expect(head).toMatchObject(await mother.position());
    // What others are given moves it, too.
    const sequence = await mother.append([update(2, ["B"], 1)]);
    await mother.clock.advance(1_100);
    await proxy.rest();
    expect(proxy.sequence).toBe(sequence);
    const { deltas, sequence: reached } = await proxy.fetch("A", await mother.position(sequence - 1));
    expect([deltas, reached]).toEqual([[], sequence]);
  });

  it("R69: refuses what needs a topic that it does not receive, and widens for a load", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    expect(await codeOfRejection(proxy.fetch("B", await mother.position()))).toBe("TopicNotInSlice");
    expect(await ids(proxy, "A")).toEqual([1, 3]);
    expect(await ids(proxy, "A*B")).toEqual([3]);
    expect(proxy.client.count("PartialLoad")).toBe(0);
    expect(await ids(proxy, "B*!A")).toEqual([2]);
    expect(proxy.client.count("PartialLoad")).toBe(1);
    await mother.append([update(2, ["B"], 1)]);
    await proxy.rest();
    const position = { ...(await mother.position()), sequence: mother.sequence - 1 };
    expect((await proxy.fetch("B", position)).deltas.map(inShort)).toEqual(["UPDATE 2"]);
  });

  it("R70: loads a topic once, however many ask for it at the same time", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    const loads = await Promise.all(Array.from({ length: 20 }, (_, at) => ids(proxy, at % 2 === 0 ? "B" : "A+B")));
    expect(loads.map((held) => held.length)).toEqual(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 2 : 3)));
    expect(proxy.client.count("PartialLoad")).toBe(1);
  });

  it("R70: a topic is not held before its load has arrived, and who waits is told that it does not", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    proxy.isCut = true;
    const load = codeOfRejection(proxy.load("B"));
    await proxy.rest();
    expect(await load).toBe("Closed");
    expect(await codeOfRejection(proxy.fetch("B", await mother.position()))).toBe("TopicNotInSlice");
    // What it has it gives.
    expect(await ids(proxy, "A")).toEqual([1, 3]);
    await proxy.mend();
    expect(await ids(proxy, "B")).toEqual([2, 3]);
  });

  it("R71: a position before a topic was loaded is too old for it", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    const before = await mother.position();
    await mother.append([update(1, ["A"], 1)]);
    await proxy.rest();
    await proxy.load("B");
    expect(await codeOfRejection(proxy.fetch("B", before))).toBe("SequenceTooOld");
    expect(await codeOfRejection(proxy.fetch("A+B", before))).toBe("SequenceTooOld");
    expect((await proxy.fetch("A", before)).deltas.map(inShort)).toEqual(["UPDATE 1"]);
  });

  it("R75: gives up a topic that nobody has needed for a while, with what only that selects", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    await proxy.load("B");
    expect(proxy.service.status("cache")["entities"]).toBe(3);
    await mother.clock.advance(63_000);
    await proxy.rest();
    expect(proxy.service.status("cache")["entities"]).toBe(2);
    expect(await codeOfRejection(proxy.fetch("B", await mother.position()))).toBe("TopicNotInSlice");
    // What has changed meanwhile it did not receive; a load brings it.
    await mother.append([update(2, ["B"], 7)]);
    expect((await proxy.load("B")).deltas.find(({ id }) => id === 2)?.fields).toMatchObject({ size: 7 });
  });

  it("R75: keeps a topic that a stream needs", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    await proxy.load("B");
    const position = await mother.position();
    const fetch = proxy.fetch("B", position, 120_000);
    await mother.clock.advance(90_000);
    await mother.append([update(2, ["B"], 1)]);
    await proxy.rest();
    expect((await fetch).deltas.map(inShort)).toEqual(["UPDATE 2"]);
  });

  it("R78: begins anew with the mother's new epoch", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    const before = await mother.position();
    await mother.store.log.newEpoch();
    await mother.clock.advance(11_000);
    await proxy.rest();
    expect(await codeOfRejection(proxy.fetch("A", before))).toBe("EpochChanged");
    expect(await ids(proxy, "A")).toEqual([1, 3]);
    expect((await proxy.load("A")).head.epoch).toBe((await mother.position()).epoch);
  });

  it("R78: ends the streams, and the polls that wait, of what the mother's new epoch voids", async () => {
    const mother = await site();
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    const position = await mother.position();
    const request = { service: "FetchDeltas", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    const stream = await proxy.service.openStream(
      { ...request, position, waitMsMax: 1_000 },
      new AbortController().signal,
    );
    const streamEnded = codeOfRejection(untilEnded(stream));
    const pollEnded = codeOfRejection(proxy.fetch("A", position, 60_000));
    await mother.store.log.newEpoch();
    await mother.clock.advance(15_000);
    await proxy.rest();
    expect([await streamEnded, await pollEnded]).toEqual(["Closed", "Closed"]);
  });
});

async function untilEnded(stream: DeltaStream): Promise<never> {
  for (;;) await nextBatch(stream);
}

describe("a proxy that was cut off", () => {
  /** Trims the mother's log while the proxy is away, and lets it come back. */
  async function away(meanwhile: (mother: OneSite) => Promise<unknown>): Promise<{ mother: OneSite; proxy: OneProxy }> {
    const mother = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    await mother.append([create(1, ["A"]), create(2, ["A"]), create(3, ["B"])]);
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    await proxy.cut();
    await meanwhile(mother);
    await mother.store.log.trim(mother.sequence - 1, []);
    // Until the mother's server has let go of what it had for the proxy.
    await mother.clock.advance(75_000);
    await proxy.mend();
    return { mother, proxy };
  }

  it("R72: takes what it missed as one row, which edges are given", async () => {
    const { mother, proxy } = await away(async (at) => {
      await at.append([update(1, ["A"], 5)]);
      await at.append([delta("DELETE", 2, { topics: ["A"] })]);
      await at.append([update(3, ["A", "B"], 6)]);
    });
    expect(proxy.client.count("FullLoad")).toBe(2);
    const { deltas, sequence } = await proxy.fetch("A", await mother.position(1));
    expect(deltas.map(inShort).sort()).toEqual(["CREATE 1", "CREATE 3", "DELETE 2 leaves"]);
    expect(sequence).toBe(mother.sequence);
    expect(await codeOfRejection(proxy.fetch("A", await mother.position(2)))).toBe("SequenceTooOld");
    expect((await proxy.fetch("A", await mother.position())).deltas).toEqual([]);
  });

  it("R72: tells the proxies below it of the hole", async () => {
    const mother = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    await mother.append([create(1, ["A"])]);
    const proxy = await OneProxy.start(mother, { topics: ["A"] });
    const below = await OneProxy.start(proxy, { name: "c1", topics: ["A"] });
    await proxy.cut();
    for (const size of [1, 2, 3]) await mother.append([update(1, ["A"], size)]);
    await mother.store.log.trim(mother.sequence - 1, []);
    // Until the mother's server has let go of what it had for the proxy.
    await mother.clock.advance(75_000);
    await proxy.mend();
    await below.rest();
    expect(below.client.count("FullLoad")).toBe(1);
    expect((await below.fetch("A", await mother.position(1))).deltas.map(inShort)).toEqual(["CREATE 1"]);
    expect(await codeOfRejection(below.fetch("A", await mother.position(3)))).toBe("SequenceTooOld");
  });
});
