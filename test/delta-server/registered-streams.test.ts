import { describe, expect, it, vi } from "vitest";
import { RegistrationTable } from "../../src/registration/registration-table.js";
import { afterThis, codeOfRejection, delta, inShort, OneSite } from "../support/one-site.js";
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

it("names what it holds where a row could not be decided on, for it may have missed some of it", async () => {
  const site = await OneSite.start();
  await site.append([delta("CREATE", 1, { topics: ["A"] })]);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad("A");
  const full = vi.spyOn(RegistrationTable.prototype, "set").mockImplementation(() => {
    throw new RangeError("Array buffer allocation failed");
  });
  afterThis(() => {
    full.mockRestore();
  });
  await site.append([delta("UPDATE", 1, { topics: ["A"] }), delta("CREATE", 2, { topics: ["A"] })]);
  full.mockRestore();
  await site.append([delta("CREATE", 3, { topics: ["A"] })]);
  expect(await codeOfRejection(client.fetch())).toBe("NotRegistered");
  expect(site.logged.errors).toEqual([expect.stringContaining("registered clients")]);
  const load = await client.syncLoad("A", { held: [1] });
  expect(load.deltas.map(inShort).sort()).toEqual(["CREATE 1", "CREATE 2", "CREATE 3"]);
});
