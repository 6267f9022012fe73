import { describe, expect, it } from "vitest";
import { delta, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

async function openStream(site: OneSite, { clientId, session, topicsSlice, position }: RegisteredClient) {
  const caller = { clientId, tracking: "registration", topicsSlice, session, position, waitMsMax: 60_000 } as const;
  return site.service.openStream({ service: "FetchDeltas", ...caller }, new AbortController().signal);
}

describe("a stream of a registered client that takes nothing", () => {
  it("R19: ends when a newer session appears", async () => {
    const site = await OneSite.start();
    await site.append([delta("CREATE", 1, { topics: ["A"] })]);
    const before = await new RegisteredClient(site).begin();
    await before.fullLoad("A");
    const stream = await openStream(site, before);
    const next = Object.assign(new RegisteredClient(site), { topicsSlice: "A", position: before.position });
    await next.begin();
    expect(stream.ended.aborted).toBe(false);
    await next.skipLoad();
    expect(stream.ended.reason).toMatchObject({ code: "NotRegistered" });
  });

  it("R22: ends when another load takes the place of the one it stands on", async () => {
    const site = await OneSite.start();
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    const stream = await openStream(site, client);
    await client.fullLoad("B");
    expect(stream.ended.reason).toMatchObject({ code: "NotRegistered" });
  });

  it("R3: ends when its log gets a new epoch", async () => {
    const site = await OneSite.start();
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    const stream = await openStream(site, client);
    await site.store.log.newEpoch();
    await site.clock.advance(10_000);
    expect(stream.ended.reason).toMatchObject({ code: "EpochChanged" });
  });
});
