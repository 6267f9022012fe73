import { expect, it } from "vitest";
import { startSite } from "../../../src/site/start-site.js";
import type { Site } from "../../../src/site/site.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import { until } from "../../http/serving.js";
import { schema, Thing } from "../links/tree.js";
import { afterThis } from "../../support/one-site.js";
import { Cable } from "./reverse-sites.js";

async function newStore(): Promise<Store> {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  return store;
}

async function start(store: Store, keys: Readonly<Record<string, string>>): Promise<Site> {
  const site = await startSite({
    config: { LiveDistPort: 0, LiveDistPollMs: 50, LiveDistClientsPollMs: 50, ...keys },
    environment: {},
    schema,
    topicsOf: ({ fields }) => String(fields["tags"]).split(","),
    store,
  });
  afterThis(() => site.close());
  return site;
}

async function create(site: Site, name: string): Promise<void> {
  await site.entities.transaction((unit) => unit.create(Thing, { name, tags: "A", size: 1 }));
  await site.entities.notifyDeltaServer();
}

async function holds(site: Site, ...names: readonly string[]): Promise<void> {
  const held = async () => {
    const found: string[] = [];
    for await (const { fields } of site.entities.list(Thing)) found.push(String(fields.name));
    return found.sort().join();
  };
  const wanted = [...names].sort().join();
  for (;;) {
    if ((await held()) === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it("R52: lets a father and a son that it cannot reach agree, through a cut and a restart of the father", async () => {
  const fatherStore = await newStore();
  const fatherKeys = { LiveDistSiteId: "center", LiveDistSons: "paris" };
  let father = await start(fatherStore, fatherKeys);
  const cable = await new Cable().lay(father.server.url);
  const son = await start(await newStore(), {
    LiveDistSiteId: "paris",
    LiveDistFatherServers: cable.url,
    LiveDistFatherTopicsSlice: "A",
  });
  await create(father, "f1");
  await create(son, "s1");
  await holds(father, "f1", "s1");
  await holds(son, "f1", "s1");
  await until(() => father.links[0]!.state === "live" && son.links[0]!.state === "live");
  expect(father.links).toMatchObject([{ peer: "paris", role: "son" }]);

  cable.cut();
  await create(father, "f2");
  await create(son, "s2");
  await holds(father, "f1", "f2", "s1", "s2");
  await holds(son, "f1", "f2", "s1", "s2");

  const port = new URL(father.server.url).port;
  await father.close();
  await create(son, "s3");
  father = await start(fatherStore, { ...fatherKeys, LiveDistPort: port });
  await create(father, "f3");
  await holds(father, "f1", "f2", "f3", "s1", "s2", "s3");
  await holds(son, "f1", "f2", "f3", "s1", "s2", "s3");

  await fatherStore.clients.disable("paris");
  await until(() => son.links[0]!.state !== "live" && father.links[0]!.state !== "live");
  await create(son, "s4");
  await fatherStore.clients.enable("paris");
  await holds(father, "f1", "f2", "f3", "s1", "s2", "s3", "s4");
});
