import { describe, expect, it } from "vitest";
import { startLiveDist, startSite } from "../../src/console/start-with-console.js";
import type { EntityPath } from "../../src/console/entity-path.js";
import type { Tree } from "../../src/console/tree.js";
import type { Site } from "../../src/site/site.js";
import { openStore } from "../../src/store/open-store.js";
import { afterThis, City, schema } from "../support/one-site.js";
import { ask, until } from "./ask.js";

const common = { schema, topicsOf: () => ["A"], environment: {} };

interface Place {
  readonly url: string;
}

function placeOf(url: string): Place {
  return { url: `${url}/LiveDist1/` };
}

async function startTree(): Promise<{ center: Site; son: Site; at: Record<"center" | "son" | "proxy", Place> }> {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  await store.clients.add({ clientId: "paris", bitNumber: 9 });
  const center = await startSite({
    ...common,
    store,
    config: { LiveDistSiteId: "center", LiveDistPort: "0", LiveDistSons: "son" },
  });
  afterThis(() => center.close());
  const son = await startSite({
    ...common,
    config: {
      LiveDistConnectionString: "sqlite::memory:",
      LiveDistSiteId: "son",
      LiveDistPort: "0",
      LiveDistFatherServers: center.server.url,
      LiveDistFatherTopicsSlice: "A",
    },
  });
  afterThis(() => son.close());
  const proxy = await startLiveDist({
    schema,
    environment: {},
    config: {
      LiveDistSiteName: "paris",
      LiveDistClientId: "paris",
      LiveDistMotherServers: center.server.url,
      LiveDistPort: "0",
    },
  });
  afterThis(() => proxy.close());
  return {
    center,
    son,
    at: { center: placeOf(center.server.url), son: placeOf(son.server.url), proxy: placeOf(proxy.url) },
  };
}

describe("the tree", () => {
  it("is told alike at each site and proxy, as far as URLs are known", async () => {
    const { at } = await startTree();
    const isThere = ({ nodes }: Tree): boolean =>
      nodes.some(({ children }) => children.length === 2 && children.every(({ edges }) => edges > 0));
    const seen = await until(() => ask<Tree>(at.center, "tree"), isThere);
    expect(seen.nodes.map(({ id }) => id)).toEqual(["center"]);
    expect(seen.nodes[0]!.children.map(({ id, kind }) => [id, kind])).toEqual([
      ["son", "site"],
      ["paris", "proxy"],
    ]);
    const idsOf = async (place: Place): Promise<string[]> => (await ask<Tree>(place, "tree")).nodes.map(({ id }) => id);
    expect(await idsOf(at.son)).toEqual(["son", "center"]);
    expect(await idsOf(at.proxy)).toEqual(["paris", "center"]);
  });

  it("names the site that does not answer", async () => {
    const { center, at } = await startTree();
    await center.close();
    const { nodes, silent } = await ask<Tree>(at.son, "tree");
    expect(nodes.map(({ id }) => id)).toEqual(["son"]);
    expect(silent).toEqual([{ by: "son", failure: "Network" }]);
  });

  it("tells which sites have the latest version of an entity", async () => {
    const { center, at } = await startTree();
    const { techId } = await center.entities.transaction((unit) => unit.create(City, { name: "x", size: 1 }));
    await center.entities.notifyDeltaServer();
    const isEverywhere = ({ places }: EntityPath): boolean => places.every(({ entity }) => entity !== undefined);
    const path = await until(() => ask<EntityPath>(at.son, "entity", { techId }), isEverywhere);
    expect(path.places.map(({ site }) => site)).toEqual(["son", "center"]);
    expect(path.places[0]!.entity!.version).toEqual(path.places[1]!.entity!.version);
    expect(path.places[0]!.entity!.version.site).toBe("center");
  });
});
