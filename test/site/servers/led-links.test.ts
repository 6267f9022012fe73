import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../../src/base/errors.js";
import { silentLogger } from "../../../src/base/logger.js";
import type { SiteLinks } from "../../../src/site/links/site-links.js";
import { LedLinks } from "../../../src/site/servers/led-links.js";
import { SiteMember } from "../../../src/site/servers/site-member.js";
import { storeOfMaster } from "../../../src/site/servers/store-of-master.js";
import { startSite } from "../../../src/site/start-site.js";
import type { Site } from "../../../src/site/site.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import { schema, Thing } from "../links/tree.js";
import { ManualClock } from "../../support/manual-clock.js";
import { afterThis } from "../../support/one-site.js";
import { until } from "./some-servers.js";

/** Long enough for a busy machine not to lose the lead in the midst of a test. */
const BEAT_MS = 500;

/** A database file of a site, and what opens it once more, as another server does. */
function newFile(): () => Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "livedist-led-"));
  afterThis(() => rmSync(folder, { recursive: true }));
  return async () => {
    const store = await openStore(`sqlite:${join(folder, "site.db")}`, { synchronous: "normal" });
    afterThis(() => store.close());
    return store;
  };
}

async function start(store: Store, keys: Readonly<Record<string, string>>): Promise<Site> {
  const site = await startSite({
    config: { LiveDistPort: 0, LiveDistPollMs: 20, LiveDistClientsPollMs: 50, ...keys },
    ...{ environment: {}, schema, store, beatMs: BEAT_MS },
    topicsOf: ({ fields }) => String(fields["tags"]).split(","),
  });
  afterThis(() => site.close());
  return site;
}

async function create(site: Site, name: string): Promise<void> {
  await site.entities.transaction((unit) => unit.create(Thing, { name, tags: "A", size: 1 }));
}

async function held(site: Site): Promise<string> {
  const found: string[] = [];
  for await (const { fields } of site.entities.list(Thing)) found.push(String(fields.name));
  return found.sort().join();
}

it("R85: the links of a site run at the server that leads, where its neighbours are sent, and at another when that ends", async () => {
  const [center, paris] = [newFile(), newFile()];
  const father = { LiveDistSiteId: "center", LiveDistSons: "paris" };
  const fathers = [await start(await center(), father), await start(await center(), father)] as const;
  const son = {
    LiveDistSiteId: "paris",
    // The one that does not lead is asked first.
    LiveDistFatherServers: `${fathers[1].server.url},${fathers[0].server.url}`,
    LiveDistFatherTopicsSlice: "A",
  };
  const sons = [await start(await paris(), son), await start(await paris(), son)] as const;
  const everywhere = (names: string): Promise<void> =>
    until(async () => (await held(fathers[1])) === names && (await held(sons[1])) === names);
  await create(fathers[0], "f1");
  await create(fathers[1], "f2");
  await create(sons[0], "s1");
  await create(sons[1], "s2");
  await everywhere("f1,f2,s1,s2");
  expect([fathers[0].links.length, fathers[1].links.length]).toEqual([1, 0]);
  expect([sons[0].links.length, sons[1].links.length]).toEqual([1, 0]);
  const asking = { service: "BeginSession", clientId: "paris", siteEpoch: "e" };
  const response = await fetch(`${fathers[1].server.url}/LiveDist1/Delta.config`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asking),
  });
  expect(await response.json()).toMatchObject({ error: { code: "Redirect", server: fathers[0].server.url } });
  await expect(sons[1].changeSlice("B")).rejects.toMatchObject({ code: "Closed" });
  await fathers[0].close();
  await sons[0].close();
  await create(fathers[1], "f3");
  await create(sons[1], "s3");
  await everywhere("f1,f2,f3,s1,s2,s3");
  expect([fathers[1].links.length, sons[1].links.length]).toEqual([1, 1]);
});

it("R85: a master that does not know yet that another one leads writes nothing more", async () => {
  const store = await newFile()();
  const clock = new ManualClock();
  const ask = (): Promise<undefined> => Promise.resolve(undefined);
  const parts = {
    servers: store.servers,
    duty: "live",
    kind: "both",
    agreed: "{}",
    ask,
    clock,
    logger: silentLogger,
  } as const;
  const member = new SiteMember({ ...parts, beatMs: BEAT_MS });
  await member.start({ url: "http://one", clients: () => 0, sequence: () => 0 });
  const ofMaster = storeOfMaster(store, member.lease!);
  const write = (state: string): Promise<void> =>
    ofMaster.transaction((transaction) => ofMaster.links.set("paris", state, transaction));
  await write("first");
  const other = {
    serverId: "two",
    url: "http://one",
    duty: "live",
    kind: "both",
    clients: 0,
    sequence: 0,
    agreed: "{}",
  } as const;
  const seen = await store.servers.beat(other, { mayLead: true, leaseMs: 1e6, forgetMs: 1e7 });
  expect(seen.master?.serverId).toBe("two");
  expect(member.lease).toBeDefined();
  await expect(write("second")).rejects.toMatchObject({ code: "Closed" });
  expect(await store.links.get("paris")).toBe("first");
  // Nor does what began under that lease, once the same server leads again: it does not know what the other one noted.
  await store.servers.leave("two");
  await clock.advance(BEAT_MS);
  await until(() => member.lease?.token === seen.master!.token + 1);
  await expect(write("third")).rejects.toMatchObject({ code: "Closed" });
  expect(await store.links.get("paris")).toBe("first");
  await member.stop();
});

describe("the links of one server", () => {
  /** A server that leads, and its links, of which each tells what became of it. */
  async function leading(start = (): Promise<void> => Promise.resolve()) {
    const store = await newFile()();
    const clock = new ManualClock();
    const ask = (): Promise<undefined> => Promise.resolve(undefined);
    const own = { servers: store.servers, duty: "live", kind: "both", agreed: "{}" } as const;
    const member = new SiteMember({ ...own, ask, clock, logger: silentLogger, beatMs: BEAT_MS });
    await member.start({ url: "http://one", clients: () => 0, sequence: () => 0 });
    afterThis(() => member.stop());
    const told: string[] = [];
    const opening: { until: Promise<void> } = { until: Promise.resolve() };
    const links = new LedLinks({
      ...{ member, logger: silentLogger },
      open: async ({ token }) => {
        told.push(`open ${token}`);
        await opening.until;
        const stop = (): Promise<void> => Promise.resolve(void told.push(`stop ${token}`));
        const begin = (signal: AbortSignal): Promise<void> =>
          signal.aborted ? Promise.reject(new LiveDistError("Closed", "given up")) : start();
        return { all: [], start: begin, stop } as unknown as SiteLinks;
      },
    });
    return { store, clock, member, links, told, opening };
  }

  it("R85: begin anew where another server led in between, of which it saw nothing", async () => {
    const { store, clock, member, links, told } = await leading();
    await links.start(new AbortController().signal);
    const other = { serverId: "two", url: "http://one", duty: "live", kind: "both", clients: 0 } as const;
    const lead = { mayLead: true, leaseMs: 1e6, forgetMs: 1e7 };
    await store.servers.beat({ ...other, sequence: 0, agreed: "{}" }, lead);
    await store.servers.leave("two");
    const before = member.lease!.token;
    await clock.advance(BEAT_MS);
    await until(() => told.length === 3);
    expect(told).toEqual([`open ${before}`, `stop ${before}`, `open ${before + 2}`]);
    await links.stop();
    expect(told.at(-1)).toBe(`stop ${before + 2}`);
  });

  it("R85: end also where they are just being made", async () => {
    const { links, told, opening } = await leading(() => new Promise(() => undefined));
    let go = (): void => undefined;
    opening.until = new Promise((resolve) => (go = resolve));
    const starting = links.start(new AbortController().signal);
    await until(() => told.length === 1);
    const stopping = links.stop();
    go();
    await Promise.all([starting, stopping]);
    expect(told).toHaveLength(2);
  });
});
