import { expect, it } from "vitest";
import { startSite } from "../../../src/site/start-site.js";
import type { Site } from "../../../src/site/site.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import { usePostgresqlSchema } from "../../store/postgresql-databases.js";
import { afterThis } from "../../support/one-site.js";
import { schema, Thing } from "./tree.js";

const schemaOfTest = usePostgresqlSchema();

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

async function create(site: Site, name: string, tags: string): Promise<void> {
  await site.entities.transaction((unit) => unit.create(Thing, { name, tags, size: 1 }));
  await site.entities.notifyDeltaServer();
}

async function held(site: Site): Promise<string> {
  const found: string[] = [];
  for await (const { fields } of site.entities.list(Thing)) found.push(String(fields.name));
  return found.sort().join();
}

/** Waits until a site holds entities of these names and no others; the test's own limit ends it. */
async function holds(site: Site, names: string): Promise<void> {
  while ((await held(site)) !== names) await new Promise((resolve) => setTimeout(resolve, 10));
}

it("R84: drops in PostgreSQL what a changed slice leaves, while others append there", async () => {
  const center = await openStore("sqlite::memory:");
  afterThis(() => center.close());
  const store = await schemaOfTest().open();
  const father = await start(center, { LiveDistSiteId: "center", LiveDistSons: "paris" });
  const son = await start(store, {
    LiveDistSiteId: "paris",
    LiveDistFatherServers: father.server.url,
    LiveDistFatherTopicsSlice: "A",
  });
  await create(father, "f1", "A");
  await create(father, "f2", "B");
  await create(son, "s1", "A");
  await holds(father, "f1,f2,s1");
  await holds(son, "f1,s1");
  await son.changeSlice("B");
  const writing = (async () => {
    for (const name of ["s2", "s3", "s4"]) await create(son, name, "B");
  })();
  await holds(son, "f2,s2,s3,s4");
  await writing;
  await holds(father, "f1,f2,s1,s2,s3,s4");
  expect(son.links[0]).toMatchObject({ state: "live" });
});
