import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../../src/base/errors.js";
import { deltaClass } from "../../../src/delta/delta-class.js";
import { int32, string } from "../../../src/delta/field-types.js";
import { makeSchema } from "../../../src/delta/schema.js";
import { Dice } from "../../support/dice.js";
import { codeOfRejection, id } from "../../support/one-site.js";
import { schema, type TestSite, Tree } from "./tree.js";

const rootKeys = { LiveDistSons: "son=http://son" };
const sonKeys = { LiveDistFatherServers: "http://root", LiveDistFatherTopicsSlice: "A" };

async function twoSites(): Promise<{ tree: Tree; root: TestSite; son: TestSite }> {
  const tree = new Tree();
  const root = await tree.start("root", rootKeys);
  const son = await tree.start("son", sonKeys);
  return { tree, root, son };
}

describe("two sites", () => {
  it("R61: bring the father's entities to the son", async () => {
    const { tree, root, son } = await twoSites();
    await root.create(1, { name: "one", tags: "A" });
    await root.create(2, { name: "two", tags: "B" });
    await tree.until(async () => (await son.held()) === "1 one");
    await root.update(1, { name: "uno" });
    await tree.until(async () => (await son.held()) === "1 uno");
  });

  it("R61: bring the son's entities to the father, whatever their topics", async () => {
    const { tree, root, son } = await twoSites();
    await son.create(1, { name: "one", tags: "A" });
    await son.create(2, { name: "two", tags: "B" });
    await tree.until(async () => (await root.held()) === "1 one,2 two");
    await root.update(2, { name: "dos" });
    await son.update(1, { name: "uno" });
    await tree.until(async () => (await root.held()) === "1 uno,2 dos" && (await son.held()) === "1 uno,2 dos");
    expect(son.link("father-site")).toMatchObject({ role: "father", state: "live", failure: undefined });
    expect(root.link("son")).toMatchObject({ role: "son", state: "live" });
    expect([...root.logged.errors, ...son.logged.errors]).toEqual([]);
  });

  it("agree on what both changed at once, field by field", async () => {
    const { tree, root, son } = await twoSites();
    await root.create(1, { name: "one", tags: "A", size: 1 });
    await tree.until(async () => (await son.held()) === "1 one");
    await root.update(1, { name: "uno" });
    await son.update(1, { size: 2 });
    const agreed = { name: "uno", tags: "A", size: 2 };
    await tree.until(
      async () => (await son.get(1))?.fields["name"] === "uno" && (await root.get(1))?.fields["size"] === 2,
    );
    expect((await root.get(1))?.fields).toEqual(agreed);
    expect((await son.get(1))?.fields).toEqual(agreed);
  });

  it("take nothing from each other where their schemas differ under the same name, and say so", async () => {
    const tree = new Tree();
    const root = await tree.start("root", rootKeys);
    // The same fields of the same types: as bytes nobody could tell the one from the other.
    const Swapped = deltaClass("Thing", { tags: string(), name: string(), size: int32() });
    const son = await tree.start("son", sonKeys, { schema: makeSchema(schema.name, [Swapped]) });
    await root.create(1, { name: "B", tags: "A" });
    await tree.until(() => son.link("father-site").state === "failed");
    const reason = `differ, and both are named "${schema.name}"`;
    expect(son.link("father-site").failure).toMatchObject({
      code: "Config",
      message: expect.stringContaining(reason) as string,
    });
    expect(son.logged.lines.filter(({ level }) => level === "error")[0]!.fields).toMatchObject({
      err: { code: "Config" },
    });
    const Same = deltaClass("Thing", { name: string(), tags: string(), size: int32() });
    await son.close();
    const mended = await tree.start("son", sonKeys, { schema: makeSchema(schema.name, [Same]) });
    await tree.until(async () => (await mended.site.entities.get(Same, id(1)))?.fields["name"] === "B");
  });

  it("bring together what each of them had before they met", async () => {
    const tree = new Tree();
    const alone = await tree.start("son", {});
    await alone.create(1, { name: "one", tags: "A" });
    await alone.create(2, { name: "two", tags: "B" });
    await alone.close();
    const root = await tree.start("root", rootKeys);
    await root.create(3, { name: "three", tags: "A" });
    const son = await tree.start("son", sonKeys, { store: alone.store });
    await tree.until(async () => (await root.held()) === "1 one,2 two,3 three");
    await tree.until(async () => (await son.held()) === "1 one,2 two,3 three");
    // The son is registered also on what its slice does not select.
    await root.update(2, { name: "dos" });
    await tree.until(async () => (await son.held()) === "1 one,2 dos,3 three");
  });

  it("go on where they stood when the son was away", async () => {
    const { tree, root, son } = await twoSites();
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(async () => (await son.held()) === "1 one");
    await son.close();
    await root.update(1, { name: "uno" });
    await root.create(2, { name: "two", tags: "A" });
    tree.calls.length = 0;
    const again = await tree.start("son", sonKeys, { store: son.store });
    await tree.until(async () => (await again.held()) === "1 uno,2 two");
    await again.create(3, { name: "three" });
    await tree.until(async () => (await root.held()) === "1 uno,2 two,3 three");
    expect(tree.services("son", "root")).toContain("SkipLoad");
    expect(tree.services("son", "root")).not.toContain("SyncLoad");
  });

  it("R62: say what is held where the father was started again", async () => {
    const { tree, root, son } = await twoSites();
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(async () => (await son.held()) === "1 one");
    await root.close();
    await son.create(2, { name: "two", tags: "B" });
    await tree.rest(500);
    expect(son.link("father-site").state).toBe("waiting");
    tree.calls.length = 0;
    const again = await tree.start("root", rootKeys, { store: root.store });
    await tree.until(async () => (await again.held()) === "1 one,2 two");
    await again.update(1, { name: "uno" });
    await again.update(2, { name: "dos" });
    await tree.until(async () => (await son.held()) === "1 uno,2 dos");
    expect(tree.services("son", "root")).toContain("SyncLoad");
    expect(tree.services("root", "son")).not.toContain("SyncLoad");
  });

  it("show their links and log how these fare", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(() => son.link("father-site").state === "live" && root.link("son").state === "live");
    await root.create(1, { tags: "A" });
    await tree.until(() => son.link("father-site").sequence > 0);
    await tree.until(() => son.logged.lines.some(({ fields }) => fields["state"] === "live"));
    const { links } = son.site;
    await son.close();
    expect(links.map(({ state }) => state)).toEqual(["stopped"]);
    expect(await codeOfRejection(son.site.changeSlice("B"))).toBe("Closed");
    expect(await codeOfRejection(son.site.purge())).toBe("Closed");
  });

  it("insert the rows that their neighbours need, and leave those that are there", async () => {
    const tree = new Tree();
    const store = await tree.newStore();
    await store.clients.add({ clientId: "edge", bitNumber: 0 });
    await store.clients.add({ clientId: "b", bitNumber: 2, isDisabled: true });
    const keys = { ...sonKeys, LiveDistSons: "a=http://a,b=http://b" };
    await tree.start("middle", keys, { store });
    expect((await store.clients.list()).map(({ clientId, bitNumber }) => [clientId, bitNumber])).toEqual([
      ["edge", 0],
      ["a", 1],
      ["b", 2],
      ["father-site", 3],
    ]);
  });

  it("do not start without a name, without a slice for the father, or with the father's name", async () => {
    const tree = new Tree();
    const start = (keys: Record<string, string>): Promise<unknown> => codeOfRejection(tree.start("x", keys));
    expect(await start({ LiveDistSiteId: "" })).toBe("Config");
    expect(await start({ LiveDistFatherServers: "http://root" })).toBe("Config");
    expect(await start({ ...sonKeys, LiveDistFatherTopicsSlice: "A*" })).toBe("Config");
    expect(await start({ LiveDistSons: "father-site=http://x" })).toBe("Config");
    expect(schema.classes).toHaveLength(1);
  });
});

describe("a link whose peer makes trouble", () => {
  it("waits while the network is away, and tries again", async () => {
    const { tree, root, son } = await twoSites();
    const heal = tree.cut();
    await root.create(1, { name: "one", tags: "A" });
    await son.create(2, { name: "two" });
    await tree.rest();
    heal();
    await tree.until(async () => (await son.held()) === "1 one,2 two" && (await root.held()) === "1 one,2 two");
  });

  it("R62: loses nothing where answers are lost", async () => {
    const { tree, root, son } = await twoSites();
    const dice = new Dice(1);
    tree.after = () => {
      // A third of them, without a period: attempts could keep step with one, and be cut at the same place each time.
      if (dice.chance(1 / 3)) throw new LiveDistError("Network", "lost");
    };
    await root.create(1, { name: "one", tags: "A" });
    await son.create(2, { name: "two" });
    await root.update(1, { name: "uno" });
    await tree.until(async () => (await son.held()) === "1 uno,2 two" && (await root.held()) === "1 uno,2 two");
  });

  it("R62: loads what the log does not hold any more", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(() => son.link("father-site").state === "live" && root.link("son").state === "live");
    const heal = tree.cut();
    await root.create(1, { name: "one", tags: "A" });
    await son.create(2, { name: "two" });
    await tree.rest(500);
    for (const { store } of [root, son]) await store.log.trim((await store.log.bounds()).lastSequence, []);
    // The servers notice it when they look at the bounds of their logs.
    await tree.rest(11_000);
    tree.calls.length = 0;
    heal();
    await tree.until(async () => (await son.held()) === "1 one,2 two" && (await root.held()) === "1 one,2 two");
    expect(tree.services("root", "son")).toContain("SyncLoad");
  });

  it("shows that somebody has to mend it, and goes on when it is mended", async () => {
    const tree = new Tree();
    const root = await tree.start("root");
    const son = await tree.start("son", sonKeys);
    await tree.until(() => son.link("father-site").state === "failed");
    expect(son.link("father-site").failure).toMatchObject({ code: "UnknownClient" });
    expect(son.logged.errors).toEqual(["a link to another site failed"]);
    await root.store.clients.add({ clientId: "son", bitNumber: 7 });
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(async () => (await son.held()) === "1 one");
  });

  it("waits while it is disabled", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(() => son.link("father-site").state === "live");
    await root.store.clients.disable("son");
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(() => son.link("father-site").state === "waiting");
    expect(await son.held()).toBe("");
    await root.store.clients.enable("son");
    await tree.until(async () => (await son.held()) === "1 one");
  });

  it("gives up where another process of the same site took its place", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(() => son.link("father-site").state === "live");
    const twin = await tree.start("son", sonKeys);
    await tree.until(() => twin.link("father-site").state === "live");
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(() => son.link("father-site").state === "failed");
    expect(son.link("father-site").failure).toMatchObject({ code: "StaleCommand" });
    await tree.until(async () => (await twin.held()) === "1 one");
    await tree.rest(60_000);
    expect(son.link("father-site").state).toBe("failed");
    expect(await codeOfRejection(son.site.changeSlice("B"))).toBe("StaleCommand");
    expect(twin.link("father-site").state).toBe("live");
  });
});
