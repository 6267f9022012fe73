import { describe, expect, it } from "vitest";
import { codeOf } from "../../../src/base/errors.js";
import type { LiveDistServer } from "../../../src/site/start-live-dist.js";
import { serverOf, serverPath, type Request, type ServerRole } from "../../../src/wire/requests.js";
import { id } from "../../support/one-site.js";
import { databases, SomeServers, until, watchedReplica } from "./some-servers.js";

/** A delta server and a cache server of one site, each alone, that know each other. */
interface Apart {
  readonly site: SomeServers;
  readonly delta: LiveDistServer;
  readonly cache: LiveDistServer;
}

async function startApart(newDatabase: () => Promise<string>): Promise<Apart> {
  const site = await SomeServers.start(newDatabase, 0, ["c0", "c1"]);
  const delta = await site.startServer({ LiveDistStartCacheServer: "no" });
  const cache = await site.startServer({ LiveDistStartDeltaServer: "no" });
  await until(async () => ((await statusOf(delta.url, "delta"))["servers"] as unknown[]).length === 2);
  return { site, delta, cache };
}

async function statusOf(url: string, role: ServerRole): Promise<Record<string, unknown>> {
  return (await (await fetch(url + serverPath("1", role))).json()) as Record<string, unknown>;
}

async function refusalOf(url: string, service: Request["service"], rest: object = {}): Promise<unknown> {
  const response = await fetch(url + serverPath("1", serverOf[service]), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ service, clientId: "c0", tracking: "transition", topicsSlice: "A", ...rest }),
  });
  return response.ok ? undefined : ((await response.json()) as { error: unknown }).error;
}

describe.each(databases)("a delta server and a cache server, each alone, on %s", (_, newDatabase) => {
  it.each(["registration", "transition"] as const)(
    "R91: keep the copy of a client that knows one of them, with nothing lost or doubled: %s",
    async (tracking) => {
      const { site, delta, cache } = await startApart(newDatabase);
      await site.write("CREATE", 1, ["A"], { name: "one", size: 0 });
      await site.write("CREATE", 2, ["B"], { name: "two", size: 0 });
      const watched = [
        await watchedReplica(site.edge("c0", tracking, [delta.url]), "A"),
        await watchedReplica(site.edge("c1", tracking, [cache.url]), "A"),
      ];
      for (let size = 1; size <= 5; size++) await site.write("UPDATE", 1, ["A"], { size });
      // While deltas come, each changes its slice at the other server.
      await Promise.all(watched.map(({ replica }) => replica.changeSlice("B+A")));
      for (let size = 6; size <= 10; size++) {
        await site.write("UPDATE", 1, ["A"], { size });
        await site.write("UPDATE", 2, ["B"], { size });
      }
      for (const { replica, changes, errors } of watched) {
        await until(() => replica.copy.get(id(2))?.fields["size"] === 10);
        const told = changes.filter(({ kind, entity }) => kind === "update" && entity.techId === id(1));
        const sizes = told.map(({ entity }) => entity.fields["size"]);
        // Without registration the load for the other slice brings again what is held, as it is then.
        const from = tracking === "registration" ? 1 : 6;
        const all = Array.from({ length: 10 }, (_, at) => at + 1);
        expect(sizes.slice(from - 11)).toEqual(all.slice(from - 1));
        if (tracking === "registration") expect(sizes).toHaveLength(10);
        expect(replica.copy.size).toBe(2);
        expect(errors.map(codeOf).filter((code) => code === "NotRegistered")).toEqual([]);
      }
      expect(site.logged.errors).toEqual([]);
    },
  );
});

describe("a call to the wrong one of two servers", () => {
  const newDatabase = databases[0]![1];

  it("R91: is sent to the one that serves it, and says so", async () => {
    const { site, delta, cache } = await startApart(newDatabase);
    const position = { epoch: (await site.store.log.bounds()).epoch, sequence: 0 };
    const fetching = { position, waitMsMax: 0 };
    expect(await refusalOf(delta.url, "FullLoad")).toEqual({
      code: "Redirect",
      message: "this is a delta server alone, which does not answer calls to the cache server",
      server: cache.url,
      only: "cache",
    });
    expect(await refusalOf(cache.url, "FetchDeltas", fetching)).toMatchObject({ server: delta.url, only: "delta" });
    expect(await refusalOf(cache.url, "FullLoad")).toBeUndefined();
    expect(await refusalOf(delta.url, "FetchDeltas", fetching)).toBeUndefined();
    const states = [delta, cache].map(async ({ url }) => [
      (await statusOf(url, "delta"))["state"],
      (await statusOf(url, "cache"))["state"],
    ]);
    expect(await Promise.all(states)).toEqual([
      ["up", "off"],
      ["off", "up"],
    ]);
    expect((await statusOf(cache.url, "delta"))["servers"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ url: delta.url, kind: "delta", isMaster: true }),
        expect.objectContaining({ url: cache.url, kind: "cache", isMaster: false }),
      ]),
    );
  });

  it("R91: is refused with its own code where nobody is known who serves it", async () => {
    const site = await SomeServers.start(newDatabase, 0, ["c0"]);
    const delta = await site.startServer({ LiveDistStartCacheServer: "no" });
    expect(await refusalOf(delta.url, "FullLoad")).toMatchObject({ code: "NotServed" });
    const loading = site.edge("c0", "transition", [delta.url]).fullLoad("A");
    await expect(loading).rejects.toMatchObject({ code: "NotServed" });
    await site.startServer({ LiveDistStartDeltaServer: "no" });
    await until(async () => JSON.stringify(await refusalOf(delta.url, "FullLoad")).includes("Redirect"));
    await site.edge("c0", "transition", [delta.url]).fullLoad("A");
  });
});
