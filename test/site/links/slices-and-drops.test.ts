import { describe, expect, it, vi } from "vitest";
import { LiveDistError } from "../../../src/base/errors.js";
import { FATHER_CLIENT_ID } from "../../../src/site/links/father-client-id.js";
import { codeOfRejection, id } from "../../support/one-site.js";
import { type TestSite, Tree } from "./tree.js";

const father = FATHER_CLIENT_ID;
const sonKeys = (slice: string): Record<string, string> => ({
  LiveDistFatherServers: "http://root",
  LiveDistFatherTopicsSlice: slice,
});

async function twoSites(slice = "A"): Promise<{ tree: Tree; root: TestSite; son: TestSite }> {
  const tree = new Tree();
  const root = await tree.start("root", { LiveDistSons: "son=http://son" });
  const son = await tree.start("son", sonKeys(slice));
  await root.create(1, { name: "one", tags: "A" });
  await root.create(2, { name: "two", tags: "B" });
  await root.create(3, { name: "three", tags: "A,B" });
  await tree.until(() => son.link(father).state === "live" && root.link("son").state === "live");
  return { tree, root, son };
}

/** Three levels: root, middle, leaf. */
async function threeSites(slice = "A"): Promise<{ tree: Tree; root: TestSite; middle: TestSite; leaf: TestSite }> {
  const tree = new Tree();
  const root = await tree.start("root", { LiveDistSons: "middle=http://middle" });
  const middle = await tree.start("middle", { ...sonKeys(slice), LiveDistSons: "leaf=http://leaf" });
  const leaf = await tree.start("leaf", { ...sonKeys(slice), LiveDistFatherServers: "http://middle" });
  return { tree, root, middle, leaf };
}

async function isSettled(site: TestSite): Promise<boolean> {
  const { minus, toUnregister, unregistered, wantedSlice } = await site.notes(father);
  return [minus, toUnregister, unregistered, wantedSlice].every((left) => left === undefined);
}

describe("a change of the slice", () => {
  it("R63: loads what it adds and drops what only the slice before selects", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    const changed = son.site.changeSlice("B");
    let isChanged = false;
    void changed.then(() => (isChanged = true));
    await tree.until(() => isChanged);
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    await tree.until(() => isSettled(son));
    // The father does not give what was dropped any more, and gives it again when it is selected.
    const { sequence } = son.link(father);
    await root.update(1, { name: "uno" });
    await root.update(2, { name: "dos" });
    await tree.until(async () => (await son.held()) === "2 dos,3 three");
    expect(son.link(father).sequence).toBeGreaterThan(sequence);
    await root.update(1, { name: "uno", tags: "B" });
    await tree.until(async () => (await son.held()) === "1 uno,2 dos,3 three");
    expect([...root.logged.errors, ...son.logged.errors]).toEqual([]);
  });

  it("keeps the dropped entity at the father", async () => {
    const { tree, root, son } = await twoSites();
    await son.create(4, { name: "four", tags: "A" });
    await tree.until(async () => (await root.get(4)) !== undefined);
    void son.site.changeSlice("B");
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    await tree.rest(1_000);
    expect(await root.held()).toBe("1 one,2 two,3 three,4 four");
  });

  it("R64: waits until the father has what is known of the entity here", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    // The father cannot reach the son, but the son the father.
    tree.before = ({ from }) => {
      if (from === "root") throw new LiveDistError("Network", "cut");
    };
    tree.after = tree.before;
    await son.update(1, { name: "uno" });
    void son.site.changeSlice("B");
    await tree.until(async () => (await son.notes(father))["minus"] !== undefined);
    await tree.rest(30_000);
    expect((await son.get(1))?.fields["name"]).toBe("uno");
    expect(son.link(father).state).toBe("live");
    tree.before = tree.after = () => undefined;
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    expect((await root.get(1))?.fields["name"]).toBe("uno");
  });

  it("goes on after a restart", async () => {
    const { tree, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    const heal = tree.cut();
    const changed = codeOfRejection(son.site.changeSlice("B"));
    await tree.rest(500);
    await son.close();
    expect(await changed).toBe("Closed");
    heal();
    const again = await tree.start("son", sonKeys("A"), { store: son.store });
    await tree.until(async () => (await again.held()) === "2 two,3 three");
    // And what the configuration says counts when it is changed, not before.
    await tree.until(() => isSettled(again));
    await again.close();
    const configured = await tree.start("son", sonKeys("A+B"), { store: son.store });
    await tree.until(async () => (await configured.held()) === "1 one,2 two,3 three");
  });

  it("R63: that was not answered says what is held first, under the slice before", async () => {
    const { tree, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    tree.calls.length = 0;
    tree.after = ({ request }) => {
      if (request.service !== "PartialLoad") return;
      tree.after = () => undefined;
      throw new LiveDistError("Network", "the answer is lost");
    };
    void son.site.changeSlice("B");
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    const commands = tree.calls.flatMap(({ from, request }) => {
      const isCommand = request.service === "SyncLoad" || request.service === "PartialLoad";
      return from === "son" && isCommand ? [`${request.service} ${request.topicsSlice}`] : [];
    });
    const old = "(A)*!not-site-son+site-son";
    expect(commands).toEqual([`PartialLoad ${old}`, `SyncLoad ${old}`, `PartialLoad ${old}`]);
  });

  it("R63: that the father refuses leaves the slice as it was", async () => {
    const tree = new Tree();
    const permit = {
      check: ({ topicsSlice }: { topicsSlice?: string | undefined }) => {
        if (topicsSlice?.includes("secret")) throw new LiveDistError("Permission", "not for you");
      },
    };
    const root = await tree.start("root", { LiveDistSons: "son=http://son" }, { permit });
    const son = await tree.start("son", sonKeys("A"));
    await tree.until(() => son.link(father).state === "live");
    const refused = codeOfRejection(son.site.changeSlice("secret"));
    let code: unknown;
    void refused.then((given) => (code = given));
    await tree.until(() => code !== undefined);
    expect(code).toBe("Permission");
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(async () => (await son.held()) === "1 one");
    expect(await isSettled(son)).toBe(true);
  });

  it("is refused here where the slice is none, or there is no father", async () => {
    const { root, son } = await twoSites();
    expect(await codeOfRejection(son.site.changeSlice("A*"))).toBe("TopicsSlice");
    expect(await codeOfRejection(root.site.changeSlice("A"))).toBe("Request");
  });

  it("takes the place of one that was asked for before", async () => {
    const { tree, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    const heal = tree.cut();
    const first = codeOfRejection(son.site.changeSlice("A+B"));
    void son.site.changeSlice("B");
    expect(await first).toBe("Closed");
    heal();
    await tree.until(async () => (await son.held()) === "2 two,3 three");
  });
});

describe("three levels", () => {
  it("pass changes up and down", async () => {
    const { tree, root, middle, leaf } = await threeSites();
    await leaf.create(1, { name: "one", tags: "A" });
    await root.create(2, { name: "two", tags: "A" });
    const all = "1 one,2 two";
    await tree.until(
      async () => (await root.held()) === all && (await middle.held()) === all && (await leaf.held()) === all,
    );
    await root.update(1, { name: "uno" });
    await leaf.update(2, { name: "dos" });
    const changed = "1 uno,2 dos";
    await tree.until(async () => (await root.held()) === changed && (await leaf.held()) === changed);
    expect(await middle.held()).toBe(changed);
  });

  it("R64: keep in the middle what the leaf holds, and its registration", async () => {
    const { tree, root, middle, leaf } = await threeSites();
    await root.create(1, { name: "one", tags: "A" });
    await root.create(2, { name: "two", tags: "A" });
    await tree.until(async () => (await leaf.held()) === "1 one,2 two");
    void middle.site.changeSlice("B");
    await tree.until(() => isSettled(middle));
    await root.update(1, { name: "uno" });
    await tree.until(async () => (await leaf.held()) === "1 uno,2 two");
    expect(await middle.held()).toBe("1 uno,2 two");
    void leaf.site.changeSlice("B");
    await tree.until(async () => (await leaf.held()) === "");
    // What the leaf holds no more goes with the next change or purge.
    void middle.site.changeSlice("A");
    await tree.until(() => isSettled(middle));
    void middle.site.changeSlice("B");
    await tree.until(async () => (await middle.held()) === "");
    expect(await root.held()).toBe("1 uno,2 two");
  });

  it("R64: drop nothing in the middle while it is not known what the leaf holds, unless its row is removed", async () => {
    const { tree, root, middle, leaf } = await threeSites();
    await root.create(1, { name: "one", tags: "A" });
    await tree.until(async () => (await leaf.held()) === "1 one");
    await leaf.close();
    // The middle starts again and does not know the leaf's registration any more.
    await middle.close();
    const keys = { ...sonKeys("A"), LiveDistSons: "leaf=http://leaf" };
    const again = await tree.start("middle", keys, { store: middle.store });
    void again.site.changeSlice("B");
    await tree.until(async () => (await again.notes(father))["minus"] !== undefined);
    await again.store.clients.disable("leaf");
    // Long enough for the father to have said that he has all of it.
    await tree.rest(45_000);
    expect(await again.held()).toBe("1 one");
    await again.store.clients.remove("leaf");
    await tree.until(async () => (await again.held()) === "");
    await tree.until(() => isSettled(again));
  });
});

describe("a purge", () => {
  it("R67: deletes what has no topics and nobody holds, at the leaves first", async () => {
    const { tree, root, middle, leaf } = await threeSites();
    await root.create(1, { name: "one", tags: "A" });
    await root.create(2, { name: "two", tags: "A" });
    await tree.until(async () => (await leaf.held()) === "1 one,2 two");
    await leaf.update(1, { tags: "" });
    await tree.until(async () => (await root.get(1))?.topics.length === 0 && (await leaf.get(1))?.topics.length === 0);
    await tree.rest(1_000);
    expect(await root.site.purge()).toBe(0);
    const purged = async (site: TestSite): Promise<number> => {
      let count: number | undefined;
      void site.site.purge().then((given) => (count = given));
      await tree.until(() => count !== undefined);
      return count!;
    };
    expect(await purged(middle)).toBe(0);
    expect(await purged(leaf)).toBe(1);
    await tree.until(() => isSettled(leaf));
    expect(await purged(middle)).toBe(1);
    await tree.until(() => isSettled(middle));
    expect(await root.site.purge()).toBe(1);
    expect(await root.held()).toBe("2 two");
    expect(await leaf.held()).toBe("2 two");
  });
});

describe("an entity that comes while the site names what it holds", () => {
  it("R62: is given to the father again, who would have it unregistered", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let isNamed = false;
    tree.before = async ({ from, request }) => {
      if (from !== "son" || request.service !== "SyncLoad") return;
      isNamed = true;
      await gate;
    };
    await root.close();
    const again = await tree.start("root", { LiveDistSons: "son=http://son" }, { store: root.store });
    await tree.until(() => isNamed);
    await son.create(4, { name: "four", tags: "Z" });
    await tree.until(async () => (await again.get(4)) !== undefined);
    release();
    await tree.until(() => son.link(father).state === "live");
    await again.update(4, { name: "vier" });
    await tree.until(async () => (await son.get(4))?.fields["name"] === "vier");
  });
});

describe("what was dropped", () => {
  it("R65: is unregistered after a restart", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    tree.before = ({ request }) => {
      if (request.service === "UnregisterEntities") throw new LiveDistError("Network", "cut");
    };
    void son.site.changeSlice("B");
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    expect((await son.notes(father))["toUnregister"]).toEqual([id(1)]);
    await son.close();
    tree.before = () => undefined;
    tree.calls.length = 0;
    const again = await tree.start("son", sonKeys("A"), { store: son.store });
    await tree.until(() => isSettled(again));
    expect(tree.services("son", "root")).toContain("UnregisterEntities");
    await root.update(1, { name: "uno" });
    await root.update(2, { name: "dos" });
    await tree.until(async () => (await again.held()) === "2 dos,3 three");
  });

  it("R65: is unregistered again where the process ended before it had got there", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    let isUnregistered = false;
    tree.after = ({ from, request }) => {
      if (request.service === "UnregisterEntities") isUnregistered = true;
      else if (isUnregistered && from === "son") throw new LiveDistError("Network", "cut");
    };
    void codeOfRejection(son.site.changeSlice("B"));
    await tree.until(async () => (await son.notes(father))["unregistered"] !== undefined);
    await son.close();
    tree.after = () => undefined;
    tree.calls.length = 0;
    const again = await tree.start("son", sonKeys("A"), { store: son.store });
    await tree.until(() => isSettled(again));
    expect(tree.services("son", "root").filter((service) => service === "UnregisterEntities")).toHaveLength(1);
    await root.update(1, { name: "uno", tags: "B" });
    await tree.until(async () => (await again.held()) === "1 uno,2 two,3 three");
  });

  it("R65: comes back where the slice selects it when it is unregistered", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    let let_: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (let_ = resolve));
    tree.before = ({ request }) => (request.service === "UnregisterEntities" ? gate : undefined);
    void son.site.changeSlice("B");
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    await root.update(1, { name: "uno", tags: "B" });
    await tree.rest(500);
    let_();
    await tree.until(async () => (await son.held()) === "1 uno,2 two,3 three");
    await root.update(1, { name: "eins" });
    await tree.until(async () => (await son.held()) === "1 eins,2 two,3 three");
  });

  it("R65: and came back before that was answered is kept up to date all the same", async () => {
    const { tree, root, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let isUnanswered = false;
    tree.before = ({ request }) => (request.service === "UnregisterEntities" ? gate : undefined);
    tree.after = ({ request }) => {
      if (request.service !== "UnregisterEntities" || isUnanswered) return;
      isUnanswered = true;
      throw new LiveDistError("Network", "the answer is lost");
    };
    void son.site.changeSlice("B");
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    // As a son would bring it, of which the father takes note before he unregisters it.
    await son.create(1, { name: "one again", tags: "A" });
    await tree.until(async () => (await root.get(1))?.fields["name"] === "one again");
    release();
    await tree.until(() => isUnanswered);
    await tree.until(() => isSettled(son));
    await root.update(1, { name: "uno" });
    await tree.until(async () => (await son.held()) === "1 uno,2 two,3 three");
  });

  it("R64, R65, R84: is dropped and noted in one transaction, or not at all", async () => {
    const { tree, son } = await twoSites();
    await tree.until(async () => (await son.held()) === "1 one,3 three");
    const set = vi.spyOn(son.store.links, "set");
    let failures = 0;
    const real = set.getMockImplementation() ?? son.store.links.set.bind(son.store.links);
    set.mockRestore();
    const failing = vi.spyOn(son.store.links, "set").mockImplementation((peer, state, transaction) => {
      if (!state.includes("toUnregister") || ++failures > 3) return real(peer, state, transaction);
      return Promise.reject(new LiveDistError("Store", "the disk is full"));
    });
    void son.site.changeSlice("B");
    await tree.until(() => failures > 0);
    expect(await son.held()).toBe("1 one,2 two,3 three");
    await tree.until(async () => (await son.held()) === "2 two,3 three");
    await tree.until(() => isSettled(son));
    failing.mockRestore();
  });
});
