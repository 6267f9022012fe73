import { describe, expect, it } from "vitest";
import { makeSchema } from "../../../src/delta/schema.js";
import { startLiveDist } from "../../../src/site/start-live-dist.js";
import { serverPath } from "../../../src/wire/requests.js";
import { City, schema } from "../../support/one-site.js";
import { databases, SomeServers, until, type Watched, watchedReplica } from "./some-servers.js";

interface ServerStatus {
  readonly url: string;
  readonly duty: string;
  readonly isMaster: boolean;
  readonly clients: number;
}

async function statusOf(url: string): Promise<Record<string, unknown> & { servers: ServerStatus[] }> {
  const response = await fetch(url + serverPath("1", "delta"));
  return (await response.json()) as Record<string, unknown> & { servers: ServerStatus[] };
}

const sqlite = databases[0]![1];

/** Gives the code and the server named where a server of a raw request answers with an error. */
async function refusalOf(url: string, request: object): Promise<{ code?: string; server?: string }> {
  const role = (request as { service: string }).service === "FullLoad" ? "cache" : "delta";
  const response = await fetch(url + serverPath("1", role), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  });
  if (response.ok) return {};
  return ((await response.json()) as { error: { code: string; server?: string } }).error;
}

describe("the servers of a site", () => {
  it.each(databases)(
    "R80: know each other and who leads, and are led on where that one ends: %s",
    async (_, database) => {
      const site = await SomeServers.start(database, 3, []);
      const [first, second, third] = site.urls as [string, string, string];
      await until(async () => (await statusOf(second)).servers.length === 3);
      const { servers } = await statusOf(third);
      expect(servers.map(({ url }) => url).sort()).toEqual([...site.urls].sort());
      expect(servers.filter(({ isMaster }) => isMaster).map(({ url }) => url)).toEqual([first]);
      await site.servers[0]!.close();
      await until(async () => (await statusOf(second)).servers.some(({ url, isMaster }) => isMaster && url !== first));
      expect((await statusOf(second)).servers).toHaveLength(2);
    },
  );

  it("R87: have duties: one in standby serves deltas, and all where nobody is live; a backup serves nobody", async () => {
    const site = await SomeServers.start(sqlite, 1, ["c0"]);
    const standby = await site.startServer({ LiveDistServerRole: "standby" });
    const backup = await site.startServer({ LiveDistServerRole: "backup" });
    const live = site.urls[0]!;
    const load = { service: "FullLoad", clientId: "c0", tracking: "transition", topicsSlice: "A" };
    const { epoch } = await site.store.log.bounds();
    const fetching = { ...load, service: "FetchDeltas", position: { epoch, sequence: 0 }, waitMsMax: 0 };
    await until(async () => (await statusOf(backup.url)).servers.length === 3);
    expect(await refusalOf(live, load)).toEqual({});
    expect(await refusalOf(standby.url, load)).toMatchObject({ code: "Redirect", server: live });
    expect(await refusalOf(standby.url, fetching)).toEqual({});
    expect((await refusalOf(backup.url, fetching)).code).toBe("Redirect");
    expect(await refusalOf(backup.url, load)).toMatchObject({ code: "Redirect", server: live });
    await site.servers[0]!.close();
    await until(async () => (await refusalOf(standby.url, load)).code === undefined);
    expect(await statusOf(standby.url)).toMatchObject({ duty: "live" });
    await until(async () => (await statusOf(backup.url)).servers.every(({ url }) => url !== live));
    await until(async () => (await statusOf(backup.url)).servers.some(({ duty }) => duty === "live"));
    expect(await refusalOf(backup.url, load)).toMatchObject({ code: "Redirect", server: standby.url });
    await standby.close();
    await until(async () => (await refusalOf(backup.url, load)).code === "Closed");
  });

  it("R90: refuse to start where they contradict those that run; what is new is taken over", async () => {
    const site = await SomeServers.start(sqlite, 1, []);
    const start = async (keys: object, withSchema = schema): Promise<string> => {
      const config = { LiveDistConnectionString: site.connectionString, LiveDistPort: "0", ...keys };
      try {
        await (await startLiveDist({ config, schema: withSchema, environment: {} })).close();
        return "started";
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return `${code}: ${message}`;
      }
    };
    expect(await start({})).toBe("started");
    const refused = await start({ LiveDistApplicationSuffix: "2" });
    expect(refused).toMatch(
      /^Config: LiveDistApplicationSuffix is "2" here and "1" at http:\/\/127\.0\.0\.1:\d+, which runs/,
    );
    // Other tables are another site's.
    expect(await start({ LiveDistApplicationSuffix: "2", LiveDistTablesPrefix: "other_" })).toBe("started");
    expect(await start({}, makeSchema("v2", [City]))).toBe("started");
    await site.servers[0]!.close();
    expect(await start({ LiveDistApplicationSuffix: "2" })).toBe("started");
  });

  it("R90: bring no schema back that was stored before that of those that run", async () => {
    const site = await SomeServers.start(sqlite, 0, []);
    await site.store.schemas.put("v0", makeSchema("v0", [City]).text);
    await site.startServer();
    const config = { LiveDistConnectionString: site.connectionString, LiveDistPort: "0" };
    const starting = startLiveDist({ config, schema: makeSchema("v0", [City]), environment: {} });
    await expect(starting).rejects.toThrow(/the schema-name is "v0" here and "v1" at/);
  });
});

describe("clients", () => {
  const CLIENTS = 40;

  /** Starts replicas of many clients that all ask the first server first. */
  async function manyReplicas(site: SomeServers, count: number): Promise<Watched[]> {
    return Promise.all(
      Array.from({ length: count }, () => watchedReplica(site.edge("c0", "transition", site.urls), "A")),
    );
  }

  const clientsAt = async (url: string): Promise<number> => {
    const { servers } = await statusOf(url);
    return servers.find((one) => one.url === url)!.clients;
  };

  it("R88: are sent to the server with the fewest, miss nothing, and come back to one that starts anew", async () => {
    const site = await SomeServers.start(sqlite, 2, ["c0"]);
    await site.write("CREATE", 1, ["A"], { name: "one", size: 0 });
    const [first, second] = site.urls as [string, string];
    await until(async () => (await statusOf(first)).servers.length === 2);
    const watched = await manyReplicas(site, CLIENTS);
    await until(async () => (await clientsAt(first)) + (await clientsAt(second)) === CLIENTS);
    expect(Math.abs((await clientsAt(first)) - (await clientsAt(second)))).toBeLessThanOrEqual(2 * 8 + 2);
    const third = await site.startServer();
    for (let size = 1; size <= 5; size++) await site.write("UPDATE", 1, ["A"], { size });
    await until(async () => (await clientsAt(third.url)) > 0);
    for (const { replica, changes } of watched) {
      await until(() => [...replica.copy.values()][0]?.fields["size"] === 5);
      const sizes = changes.filter(({ kind }) => kind === "update").map(({ entity }) => entity.fields["size"]);
      expect(sizes).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it("R89: of a server that ends spread over the others", async () => {
    const site = await SomeServers.start(sqlite, 3, ["c0"]);
    await site.write("CREATE", 1, ["A"], { name: "one", size: 0 });
    const watched = await manyReplicas(site, CLIENTS);
    await site.servers[0]!.close();
    const left = site.urls.slice(1) as [string, string];
    await until(async () => (await clientsAt(left[0])) + (await clientsAt(left[1])) === CLIENTS);
    for (const url of left) expect(await clientsAt(url)).toBeGreaterThan(4);
    await site.write("UPDATE", 1, ["A"], { size: 1 });
    for (const { replica } of watched) await until(() => [...replica.copy.values()][0]?.fields["size"] === 1);
  });
});
