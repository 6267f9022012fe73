import { describe, expect, it } from "vitest";
import { settle } from "../support/manual-clock.js";
import { codeOfRejection, delta, OneSite, type Client } from "../support/one-site.js";
import { nextBatch } from "../../src/wire/next-batch.js";

async function client(site: OneSite, clientId: string): Promise<Client> {
  return { position: await site.position(), tracking: "transition", topicsSlice: "A", clientId };
}

/** Changes the table as an administrator does: behind the server's back. */
function setDisabled(site: OneSite, clientId: string, isDisabled: boolean): Promise<number> {
  const sql = "UPDATE LiveDistClients SET IsDisabled = ? WHERE ClientId = ?";
  return site.store.transaction((transaction) => transaction.run(sql, [isDisabled ? 1 : 0, clientId]));
}

describe("a client", () => {
  it("R24: is refused without a row in LiveDistClients, and served as soon as it has one", async () => {
    const site = await OneSite.start();
    expect(await codeOfRejection(site.load("A", "transition", "new"))).toBe("UnknownClient");
    expect(await codeOfRejection(site.fetch(await client(site, "new")))).toBe("UnknownClient");
    expect(await codeOfRejection(site.service.readSchema({ service: "ReadSchema", clientId: "new" }))).toBe(
      "UnknownClient",
    );
    await site.store.clients.add({ clientId: "new", bitNumber: 9 });
    expect((await site.load("A", "transition", "new")).ended).toBe(true);
  });

  it("R24: is refused while it is disabled, and served at once when it is enabled", async () => {
    const site = await OneSite.start();
    await site.store.clients.disable("c1");
    expect(await codeOfRejection(site.load("A"))).toBe("ClientDisabled");
    await setDisabled(site, "c1", false);
    expect((await site.load("A")).ended).toBe(true);
  });

  it("R24: loses what runs within a second of being disabled by SQL: fetch, stream and load", async () => {
    const site = await OneSite.start();
    await site.append([delta("CREATE", 1, { topics: ["A"] })]);
    const common = { clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    const { signal } = new AbortController();
    const fetching = codeOfRejection(site.fetch(await client(site, "c1"), 60_000));
    const other = site.fetch(await client(site, "c2"), 2_000);
    const position = await site.position();
    const stream = await site.service.openStream(
      { ...common, service: "FetchDeltas", position, waitMsMax: 60_000 },
      signal,
    );
    const streaming = codeOfRejection(nextBatch(stream));
    const load = (await site.service.fullLoad({ ...common, service: "FullLoad" }, signal))[Symbol.asyncIterator]();
    expect((await load.next()).done).toBe(false);
    expect(site.service.status("delta")["runningRequests"]).toBe(4);

    await setDisabled(site, "c1", true);
    await site.clock.advance(1_000);
    expect([await fetching, await streaming]).toEqual(["ClientDisabled", "ClientDisabled"]);
    expect(await codeOfRejection(load.next())).toBe("ClientDisabled");
    expect(site.service.status("delta")["runningRequests"]).toBe(1);
    await site.clock.advance(1_000);
    await settle();
    expect((await other).deltas).toEqual([]);
  });

  it("R24: loses a load and a stream of which it takes nothing", async () => {
    const site = await OneSite.start();
    const common = { clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    const { signal } = new AbortController();
    const position = await site.position();
    const request = { ...common, service: "FetchDeltas", position, waitMsMax: 60_000 } as const;
    const stream = await site.service.openStream(request, signal);
    const load = await site.service.fullLoad({ ...common, service: "FullLoad" }, signal);
    await setDisabled(site, "c1", true);
    await site.clock.advance(1_000);
    for (const ended of [stream.ended, load.ended]) expect(ended?.reason).toMatchObject({ code: "ClientDisabled" });
    expect(site.service.status("delta")["runningRequests"]).toBe(0);
  });

  it("R24: loses what runs when its row is removed", async () => {
    const site = await OneSite.start();
    const fetching = codeOfRejection(site.fetch(await client(site, "c1"), 60_000));
    await settle();
    await site.store.clients.remove("c1");
    expect(await fetching).toBe("UnknownClient");
  });

  it("holds nothing of a load that nobody reads", async () => {
    const site = await OneSite.start();
    const given = new AbortController();
    await site.service.fullLoad(
      { service: "FullLoad", clientId: "c1", tracking: "none", topicsSlice: "A" },
      given.signal,
    );
    given.abort();
    expect(site.service.status("delta")["runningRequests"]).toBe(0);
  });
});
