import { describe, expect, it } from "vitest";
import { EPOCH_LENGTH_MAX, SITE_MOVED_MS_MAX } from "../../src/base/limits.js";
import type { PeerListener } from "../../src/site/peer-listener.js";
import { readRequest } from "../../src/wire/read-request.js";
import type { Position } from "../../src/wire/requests.js";
import { codeOfRejection, delta, OneSite } from "../support/one-site.js";
import { settle } from "../support/manual-clock.js";
import { RegisteredClient } from "../support/registered-client.js";
import { nextBatch } from "../../src/wire/next-batch.js";

/** Notes what it hears, in a line each. */
class Heard implements PeerListener {
  readonly lines: string[] = [];
  waits: Promise<void> | undefined;

  heard(clientId: string, siteEpoch: string): Promise<void> | undefined {
    this.lines.push(`${clientId} is in ${siteEpoch}`);
    return this.waits;
  }

  acknowledged(clientId: string, { sequence }: Position): void {
    this.lines.push(`${clientId} has ${sequence}`);
  }

  take(): string[] {
    return this.lines.splice(0);
  }
}

async function siteHearing(): Promise<[OneSite, Heard]> {
  const peers = new Heard();
  const site = await OneSite.start({ peers });
  await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "n" } })]);
  return [site, peers];
}

describe("the epoch of a site", () => {
  it("R43: is heard with every request, before it is served", async () => {
    const [site, peers] = await siteHearing();
    const son = Object.assign(new RegisteredClient(site), { siteEpoch: "s1" });
    const heard = ["c1 is in s1"];
    await son.begin();
    expect(peers.take()).toEqual(heard);
    await son.fullLoad("A");
    expect(peers.take()).toEqual(heard);
    await son.syncLoad("A");
    expect(peers.take()).toEqual(heard);
    await son.partialLoad("B");
    expect(peers.take()).toEqual(heard);
    await son.skipLoad();
    expect(peers.take()).toEqual(heard);
    await son.unregister([1]);
    expect(peers.take()).toEqual(heard);
    son.siteEpoch = "s2";
    son.position = { ...son.position, epoch: "another" };
    expect(await codeOfRejection(son.fetch())).toBe("EpochChanged");
    expect(peers.take()).toEqual(["c1 is in s2"]);
  });

  it("R66: is not answered before what it has ended is given up", async () => {
    const [site, peers] = await siteHearing();
    let release: () => void = () => undefined;
    peers.waits = new Promise((resolve) => (release = resolve));
    const son = Object.assign(new RegisteredClient(site), { siteEpoch: "s1" });
    let isAnswered = false;
    const begun = son.begin().then(() => (isAnswered = true));
    await settle();
    const { lastSequence } = await site.store.log.bounds();
    await settle();
    expect(peers.take()).toEqual(["c1 is in s1"]);
    expect(isAnswered).toBe(false);
    // Nor has it a place in the log.
    expect((await site.store.log.bounds()).lastSequence).toBe(lastSequence);
    release();
    await begun;
    expect((await site.store.log.bounds()).lastSequence).toBeGreaterThan(lastSequence);
  });

  it("R43: is heard of clients without registration too", async () => {
    const [site, peers] = await siteHearing();
    const signal = new AbortController().signal;
    const asked = { clientId: "c2", tracking: "none", topicsSlice: "A", siteEpoch: "s1" } as const;
    await site.service.fullLoad({ service: "FullLoad", ...asked }, signal);
    expect(peers.take()).toEqual(["c2 is in s1"]);
  });

  it("R43: is not heard of edges, nor of who is not served", async () => {
    const [site, peers] = await siteHearing();
    const edge = await new RegisteredClient(site).begin();
    await edge.fullLoad("A");
    await edge.fetch();
    await site.store.clients.disable("c2");
    await site.read();
    for (const clientId of ["c2", "unknown"]) {
      const son = Object.assign(new RegisteredClient(site, clientId), { siteEpoch: "s1" });
      expect(await codeOfRejection(son.begin())).toMatch(/^(ClientDisabled|UnknownClient)$/);
    }
    expect(peers.take()).toEqual([]);
  });

  it.each(["", 1, null, "x".repeat(EPOCH_LENGTH_MAX + 1)])("R43: is refused where it is %j", (siteEpoch) => {
    const request = { service: "FullLoad", clientId: "c1", tracking: "none", topicsSlice: "A" };
    const read = (more: object): unknown => readRequest(JSON.stringify({ ...request, ...more }));
    expect(read({ siteEpoch: "x".repeat(EPOCH_LENGTH_MAX) })).toMatchObject(request);
    expect(() => read({ siteEpoch })).toThrow(expect.objectContaining({ code: "Request" }));
  });
});

describe("what a site acknowledges", () => {
  it("R48: is told with the position of a FetchDeltas, where the server goes on from there", async () => {
    const [site, peers] = await siteHearing();
    const son = Object.assign(new RegisteredClient(site), { siteEpoch: "s1" });
    await son.begin();
    await son.fullLoad("A");
    const { sequence } = son.position;
    peers.take();
    await son.fetch();
    expect(peers.take()).toEqual(["c1 is in s1", `c1 has ${sequence}`]);
    const { position } = son;
    for (const refused of [{ epoch: "another" }, { sequence: 1_000 }, { stamp: "1000" }]) {
      son.position = { ...position, ...refused };
      expect(await codeOfRejection(son.fetch())).toMatch(/^(EpochChanged|FutureSequence|NotRegistered)$/);
      expect(peers.take()).toEqual(["c1 is in s1"]);
    }
  });

  it("R48: is told while a FetchDeltas waits", async () => {
    const [site, peers] = await siteHearing();
    const controller = new AbortController();
    const caller = { clientId: "c2", tracking: "none", topicsSlice: "A", siteEpoch: "s1" } as const;
    const position = await site.position();
    const request = { service: "FetchDeltas", ...caller, position, waitMsMax: 60_000 } as const;
    const waiting = codeOfRejection(site.service.fetchDeltas(request, controller.signal));
    await site.read();
    expect(peers.take()).toEqual(["c2 is in s1", `c2 has ${position.sequence}`]);
    controller.abort();
    expect(await waiting).toBe("Closed");
  });

  it("R48: is told on a stream, as it is acknowledged; that of an edge is not", async () => {
    const [site, peers] = await siteHearing();
    const { signal } = new AbortController();
    const position = await site.position(0);
    const asked = { clientId: "c2", tracking: "none", topicsSlice: "A", position, waitMsMax: 1_000 } as const;
    const stream = await site.service.openStream({ service: "FetchDeltas", ...asked, siteEpoch: "s1" }, signal);
    const { sequence } = await nextBatch(stream);
    expect(peers.take()).toEqual(["c2 is in s1", "c2 has 0"]);
    stream.acknowledged!(sequence);
    expect(peers.take()).toEqual([`c2 has ${sequence}`]);
    const ofEdge = await site.service.openStream({ service: "FetchDeltas", ...asked }, signal);
    ofEdge.acknowledged!((await nextBatch(ofEdge)).sequence);
    expect(peers.take()).toEqual([]);
  });

  it("R48: can be told soon after the log went on without anything for the site", async () => {
    const [site] = await siteHearing();
    const position = await site.position(site.sequence);
    const asked = { clientId: "c2", tracking: "none", topicsSlice: "A", position, waitMsMax: 60_000 } as const;
    const request = { service: "FetchDeltas", ...asked, siteEpoch: "s1" } as const;
    const stream = await site.service.openStream(request, new AbortController().signal);
    let told: number | undefined;
    const next = nextBatch(stream).then(({ sequence }) => (told = sequence));
    await site.append([delta("CREATE", 1, { topics: ["B"] })]);
    expect(told).toBeUndefined();
    await site.clock.advance(SITE_MOVED_MS_MAX);
    expect(await next).toBe(site.sequence);
    // Nothing more has come: it is waited for as long as was asked.
    told = undefined;
    const later = nextBatch(stream).then(({ sequence }) => (told = sequence));
    await site.clock.advance(10 * SITE_MOVED_MS_MAX);
    expect(told).toBeUndefined();
    await site.clock.advance(asked.waitMsMax);
    expect(await later).toBe(site.sequence);
  });
});
