import { expect, it, vi } from "vitest";
import { LiveDistError } from "../../../src/base/errors.js";
import { FATHER_CLIENT_ID } from "../../../src/site/links/father-client-id.js";
import { id } from "../../support/one-site.js";
import { type TestSite, Thing, Tree } from "./tree.js";

vi.mock("../../../src/base/limits.js", async (original) => ({
  ...(await original<typeof import("../../../src/base/limits.js")>()),
  LINK_TECH_IDS_MAX: 4,
  LINK_DELTAS_MAX: 2,
  DROP_ENTITIES_MAX: 3,
}));

const father = FATHER_CLIENT_ID;
const COUNT = 11;
const numbers = Array.from({ length: COUNT }, (_, at) => at + 1);

/** Two sites, of which the son holds as many entities of the slice A. */
async function twoSites(): Promise<{ tree: Tree; root: TestSite; son: TestSite }> {
  const tree = new Tree();
  const root = await tree.start("root", { LiveDistSons: "son=http://son" });
  for (const number of numbers) await root.create(number, { name: "old", tags: "A" });
  const son = await tree.start("son", { LiveDistFatherServers: "http://root", LiveDistFatherTopicsSlice: "A" });
  await tree.until(async () => (await countOf(son)) === COUNT && root.link("son").state === "live");
  return { tree, root, son };
}

async function countOf(site: TestSite, name = "old"): Promise<number> {
  return (await site.held()).split(",").filter((entity) => entity.endsWith(` ${name}`)).length;
}

it("R65: drops more than can be noted at once, bit by bit", async () => {
  const { tree, root, son } = await twoSites();
  let notedMax = 0;
  const changed = son.site.changeSlice("B");
  await tree.until(async () => {
    const { toUnregister = [] } = await son.notes(father);
    notedMax = Math.max(notedMax, (toUnregister as string[]).length);
    return (await countOf(son)) === 0;
  });
  await changed;
  await tree.until(async () => (await son.notes(father))["minus"] === undefined);
  expect(notedMax).toBeLessThanOrEqual(4);
  const asked = tree.services("son", "root").filter((service) => service === "UnregisterEntities");
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(await countOf(root)).toBe(COUNT);
});

it("waits where nothing more can be noted because the father does not answer", async () => {
  const { tree, son } = await twoSites();
  let isUnregistered = false;
  tree.after = ({ from, request }) => {
    if (request.service === "UnregisterEntities") isUnregistered = true;
    else if (isUnregistered && from === "son") throw new LiveDistError("Network", "cut");
  };
  void son.site.changeSlice("B");
  await tree.until(() => isUnregistered);
  const looks = vi.spyOn(son.site.entities, "idsWhere");
  await tree.rest(3_000);
  expect(looks.mock.calls.length).toBeLessThan(10);
  expect(await countOf(son)).toBeGreaterThan(0);
  tree.after = () => undefined;
  await tree.until(async () => (await countOf(son)) === 0);
});

it("purges more than can be noted at once", async () => {
  const { tree, root, son } = await twoSites();
  for (const number of numbers) await son.update(number, { tags: "" });
  await tree.until(async () => (await root.get(COUNT))?.topics.length === 0);
  await tree.rest(1_000);
  let count: number | undefined;
  void son.site.purge().then((given) => (count = given));
  await tree.until(() => count !== undefined);
  expect(count).toBe(COUNT);
  expect(await countOf(son)).toBe(0);
});

it("names all that it holds where it lacks more than can be noted", async () => {
  const { tree, root, son } = await twoSites();
  await son.store.transaction((transaction) => son.site.entities.drop(transaction, numbers.map(id)));
  await son.site.entities.notifyDeltaServer();
  tree.calls.length = 0;
  await root.site.entities.transaction(async (unit) => {
    for (const number of numbers) await unit.update(Thing, id(number), { size: 7 });
  });
  await root.site.entities.notifyDeltaServer();
  await tree.until(async () => (await countOf(son)) === COUNT);
  expect(tree.services("son", "root")).toContain("SyncLoad");
  expect(tree.services("son", "root")).not.toContain("LoadEntities");
});

it("loads all of a son of whom it lacks more than can be noted", async () => {
  const { tree, root, son } = await twoSites();
  await root.store.transaction((transaction) => root.site.entities.drop(transaction, numbers.map(id)));
  await root.site.entities.notifyDeltaServer();
  tree.calls.length = 0;
  await son.site.entities.transaction(async (unit) => {
    for (const number of numbers) await unit.update(Thing, id(number), { size: 7 });
  });
  await son.site.entities.notifyDeltaServer();
  await tree.until(async () => (await countOf(root)) === COUNT);
  expect(tree.services("root", "son")).toContain("SyncLoad");
});
