import { describe, expect, it, vi } from "vitest";
import { LiveDistError } from "../../../src/base/errors.js";
import { FATHER_CLIENT_ID } from "../../../src/site/links/father-client-id.js";
import { codeOfRejection, id } from "../../support/one-site.js";
import { StoreFiles } from "./store-files.js";
import { type TestSite, Tree } from "./tree.js";

const father = FATHER_CLIENT_ID;
const rootKeys = { LiveDistSons: "son=http://son" };
const sonKeys = { LiveDistFatherServers: "http://root", LiveDistFatherTopicsSlice: "A" };

async function twoSites(): Promise<{ tree: Tree; files: StoreFiles; root: TestSite; son: TestSite }> {
  const tree = new Tree();
  const files = new StoreFiles(tree.clock);
  const root = await tree.start("root", rootKeys, { store: await files.open("root") });
  const son = await tree.start("son", sonKeys, { store: await files.open("son") });
  await root.create(1, { name: "one", tags: "A" });
  await son.create(2, { name: "two", tags: "A" });
  const all = "1 one,2 two";
  await tree.until(async () => (await root.held()) === all && (await son.held()) === all);
  return { tree, files, root, son };
}

describe("a restored site", () => {
  it("R66: loads what it lost from its son before it takes writes", async () => {
    const { tree, files, root, son } = await twoSites();
    files.backUp("root");
    await root.update(1, { name: "what the root lost" });
    await son.create(3, { name: "three" });
    await tree.until(async () => (await root.get(3)) !== undefined);
    await tree.until(async () => (await son.get(1))?.fields["name"] === "what the root lost");
    await root.close();
    const again = await tree.start("root", rootKeys, { store: await files.restore("root") });
    // It has waited: nothing has run since.
    expect(await again.held()).toBe("1 what the root lost,2 two,3 three");
    await again.update(2, { name: "dos" });
    await son.update(1, { name: "uno" });
    const agreed = "1 uno,2 dos,3 three";
    await tree.until(async () => (await again.held()) === agreed && (await son.held()) === agreed);
    expect(again.logged.lines.map(({ message }) => message)).toContain(
      "the database was restored: the site waits until it has loaded from its neighbours",
    );
  });

  it("R66: gets back from its father what it had written, and gives him what he lacks", async () => {
    const { tree, files, root, son } = await twoSites();
    files.backUp("son");
    await son.update(2, { name: "dos" });
    await son.create(3, { name: "three", tags: "A" });
    await tree.until(async () => (await root.held()) === "1 one,2 dos,3 three");
    await son.close();
    const again = await tree.start("son", sonKeys, { store: await files.restore("son") });
    expect(await again.held()).toBe("1 one,2 dos,3 three");
    await again.update(3, { name: "tres" });
    await tree.until(async () => (await root.get(3))?.fields["name"] === "tres");
    await root.update(3, { name: "drei" });
    await tree.until(async () => (await again.get(3))?.fields["name"] === "drei");
  });

  it("R66: gives to its father again what he lost and it holds", async () => {
    const { tree, files, root, son } = await twoSites();
    files.backUp("root");
    await son.create(3, { name: "three", tags: "B" });
    await tree.until(async () => (await root.get(3)) !== undefined);
    // The father cannot reach the son any more: only what the son says brings it back.
    await root.close();
    await son.store.log.trim((await son.store.log.bounds()).lastSequence, []);
    tree.calls.length = 0;
    const starting = tree.start("root", rootKeys, { store: await files.restore("root") });
    let again: TestSite | undefined;
    void starting.then((site) => (again = site));
    await tree.until(() => again !== undefined);
    await tree.until(async () => (await again!.held()) === "1 one,2 two,3 three");
    await again!.update(3, { name: "tres" });
    await tree.until(async () => (await son.get(3))?.fields["name"] === "tres");
  });

  it("R66: waits for neighbours that are away, and can be given up", async () => {
    const { tree, files, root, son } = await twoSites();
    files.backUp("root");
    await root.close();
    await son.close();
    const controller = new AbortController();
    const store = await files.restore("root");
    const starting = codeOfRejection(tree.start("root", rootKeys, { store, signal: controller.signal }));
    let code: unknown;
    void starting.then((given) => (code = given));
    await tree.rest(30_000);
    expect(code).toBeUndefined();
    controller.abort(new LiveDistError("Closed", "given up"));
    await tree.until(() => code !== undefined);
    expect(code).toBe("Closed");
    expect(await store.clients.list()).toHaveLength(1);
  });
});

describe("a site that hears of a new epoch of its neighbour", () => {
  it("R66: does not apply what was answered before", async () => {
    const { tree, files, root, son } = await twoSites();
    files.backUp("root");
    // An answer of the old epoch is under way to the son.
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    tree.after = ({ from, request }) => (from === "son" && request.service === "FetchDeltas" ? gate : undefined);
    await root.create(3, { name: "of the lost time", tags: "A" });
    await tree.rest(500);
    await root.close();
    const again = await tree.start("root", rootKeys, { store: await files.restore("root") });
    tree.after = () => undefined;
    release();
    await again.create(4, { name: "four", tags: "A" });
    await tree.until(async () => (await son.get(4)) !== undefined);
    await tree.rest(1_000);
    expect(await again.held()).toBe(await son.held());
    expect(await son.get(3)).toBeUndefined();
  });
});

describe("an entity that the father does not have", () => {
  it("R62: is given to him once more by a son that names it", async () => {
    const { tree, files, root, son } = await twoSites();
    const heal = tree.cut();
    await root.close();
    const again = await tree.start("root", rootKeys, { store: await files.open("root") });
    await again.store.transaction((transaction) => again.site.entities.drop(transaction, [id(1)]));
    await again.site.entities.notifyDeltaServer();
    heal();
    await tree.until(async () => (await again.held()) === "1 one,2 two");
    // And the son is registered on it.
    await again.update(1, { tags: "B" });
    await tree.until(async () => (await son.get(1))?.fields["tags"] === "B");
  });
});

describe("what a link applies and what it notes", () => {
  it("R61: are one transaction: after a failure it is applied once more, and once", async () => {
    const { tree, root, son } = await twoSites();
    const { position } = await son.notes(father);
    const set = son.store.links.set.bind(son.store.links);
    let failures = 0;
    const spy = vi.spyOn(son.store.links, "set").mockImplementation(async (peer, state, transaction) => {
      await set(peer, state, transaction);
      if (++failures <= 2) throw new LiveDistError("Store", "the power is out");
    });
    await root.create(3, { name: "three", tags: "A" });
    await tree.until(() => failures > 0);
    await tree.until(async () => (await son.get(3)) !== undefined);
    spy.mockRestore();
    await tree.rest(500);
    expect(await son.held()).toBe("1 one,2 two,3 three");
    expect((await son.notes(father))["position"]).not.toEqual(position);
    // Its CREATE stands in the son's log once.
    const rows = await son.store.log.read(0, { rowsMax: 1_000, bytesMax: 1 << 24 });
    const tail = Buffer.from(id(3).replaceAll("-", ""), "hex");
    expect(rows.filter(({ deltaBuffer }) => Buffer.from(deltaBuffer).includes(tail))).toHaveLength(1);
  });

  it("R61: stay as they were where the process ends in between", async () => {
    const { tree, files, root, son } = await twoSites();
    let kill: (error: Error) => void = () => undefined;
    const killed = new Promise<void>((_, reject) => (kill = reject));
    const spy = vi.spyOn(son.store.links, "set").mockImplementation(() => killed);
    await root.create(3, { name: "three", tags: "A" });
    await tree.until(() => spy.mock.calls.length > 0);
    // The transaction is open, and is never committed.
    files.backUp("son");
    kill(new LiveDistError("Closed", "killed"));
    spy.mockRestore();
    await son.close();
    const again = await tree.start("son", sonKeys, { store: await files.open("son", "backup") });
    await tree.until(async () => (await again.held()) === "1 one,2 two,3 three");
  });

  it("is the position alone where a batch is empty", async () => {
    const { tree, root, son } = await twoSites();
    const received = vi.spyOn(son.site.entities, "receive");
    await root.create(3, { name: "three", tags: "B" });
    const { lastSequence } = await root.store.log.bounds();
    await tree.until(() => son.link(father).sequence >= lastSequence);
    expect(received).not.toHaveBeenCalled();
    expect(await son.notes(father)).toMatchObject({ position: { sequence: son.link(father).sequence } });
  });

  it("R61: are looked at in the database where it is not known whether that was committed", async () => {
    const { tree, root, son } = await twoSites();
    await root.create(3, { name: "three", tags: "B" });
    const transaction = son.store.transaction.bind(son.store);
    let isUnanswered = false;
    const spy = vi.spyOn(son.store, "transaction").mockImplementation(async (work) => {
      const result = await transaction(work);
      if (isUnanswered || (await son.notes(father))["topicsSlice"] !== "B") return result;
      isUnanswered = true;
      throw new LiveDistError("Store", "the connection broke while it committed");
    });
    void son.site.changeSlice("B");
    await tree.until(() => isUnanswered);
    spy.mockRestore();
    await tree.until(async () => (await son.notes(father))["wantedSlice"] === undefined);
    await root.create(4, { name: "four", tags: "B" });
    await tree.until(async () => (await son.get(4)) !== undefined);
  });
});

describe("an entity of which a change comes and that is not held", () => {
  it("R56: is loaded where the slice selects it", async () => {
    const { tree, root, son } = await twoSites();
    await son.store.transaction((transaction) => son.site.entities.drop(transaction, [id(1)]));
    tree.calls.length = 0;
    await root.update(1, { size: 5 });
    await tree.until(async () => (await son.get(1))?.fields["size"] === 5);
    expect((await son.get(1))?.fields["name"]).toBe("one");
    expect(tree.services("son", "root")).toContain("LoadEntities");
    await tree.until(async () => (await son.notes(father))["lacking"] === undefined);
  });

  it("R56: is unregistered where the slice does not select it", async () => {
    const { tree, root, son } = await twoSites();
    await son.store.transaction((transaction) => son.site.entities.drop(transaction, [id(1)]));
    tree.calls.length = 0;
    await root.update(1, { tags: "B" });
    await tree.until(() => tree.services("son", "root").includes("UnregisterEntities"));
    expect(await son.get(1)).toBeUndefined();
    await tree.until(async () => (await son.notes(father))["unregistered"] === undefined);
    await root.update(1, { name: "uno", tags: "A" });
    await tree.until(async () => (await son.get(1))?.fields["name"] === "uno");
  });

  it("R56: is loaded from a son that changes it", async () => {
    const { tree, root, son } = await twoSites();
    await root.store.transaction((transaction) => root.site.entities.drop(transaction, [id(1)]));
    tree.calls.length = 0;
    await son.update(1, { size: 5 });
    await tree.until(async () => (await root.get(1))?.fields["size"] === 5);
    expect((await root.get(1))?.fields["name"]).toBe("one");
    expect(tree.services("root", "son")).toContain("LoadEntities");
  });
});
