import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startLiveDist, startSite } from "../../src/console/start-with-console.js";
import { HttpClient } from "../../src/edge/http-client.js";
import type { EntityPath } from "../../src/console/entity-path.js";
import type { Tree } from "../../src/console/tree.js";
import { type StaticKey, TokenPermit } from "../../src/site/permits/token-permit.js";
import type { Site } from "../../src/site/site.js";
import { openStore } from "../../src/store/open-store.js";
import { afterThis, City, schema } from "../support/one-site.js";
import { ask, until } from "./ask.js";
import { startConsoleSite } from "./console-site.js";

/** A city's name begins with its topic. */
const topicsOf = ({ fields }: { fields: object }): string[] => [String((fields as { name?: unknown }).name)[0]!];
const common = { schema, topicsOf, environment: {} };

const keys = { person: "k-person", son: "k-son", paris: "k-paris", father: "k-father" };

function permitOf(...rights: readonly [key: keyof typeof keys, Omit<StaticKey, "sha256">][]): TokenPermit {
  const person = ["person", { clientId: "person", roles: ["administrator"] }] as const;
  return new TokenPermit({
    keys: [person, ...rights].map(([key, held]) => ({
      sha256: createHash("sha256").update(keys[key]).digest("hex"),
      ...held,
    })),
  });
}

interface Place {
  readonly url: string;
}

function placeOf(url: string): Place {
  return { url: `${url}/LiveDist1/` };
}

interface SmallTree {
  readonly center: Site;
  readonly son: Site;
  readonly at: Record<"center" | "son" | "proxy", Place>;
}

/** A center, a son that it reaches by the son's own connection alone, and a proxy; each with a permit where it is wanted. */
async function startTree(isGuarded = false): Promise<SmallTree> {
  const guard = (permit: TokenPermit): { permit?: TokenPermit } => (isGuarded ? { permit } : {});
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  await store.clients.add({ clientId: "paris", bitNumber: 9 });
  const center = await startSite({
    ...{ ...common, store },
    ...guard(
      permitOf(
        ["son", { clientId: "son", topics: ["A"], roles: ["site"] }],
        ["paris", { clientId: "paris", topics: "*", roles: ["proxy"] }],
      ),
    ),
    config: {
      ...{ LiveDistSiteId: "center", LiveDistPort: "0" },
      ...{ LiveDistSons: "son", LiveDistSonTokens: `son=${keys.father}` },
    },
  });
  afterThis(() => center.close());
  const son = await startSite({
    ...common,
    ...guard(permitOf(["father", { clientId: "father-site", topics: "*", roles: ["site"] }])),
    config: {
      ...{ LiveDistConnectionString: "sqlite::memory:", LiveDistSiteId: "son", LiveDistPort: "0" },
      ...{ LiveDistFatherServers: center.server.url, LiveDistFatherTopicsSlice: "A", LiveDistToken: keys.son },
    },
  });
  afterThis(() => son.close());
  const proxy = await startLiveDist({
    ...{ schema, environment: {} },
    ...guard(permitOf()),
    config: {
      ...{ LiveDistSiteName: "paris", LiveDistClientId: "paris", LiveDistPort: "0" },
      ...{ LiveDistMotherServers: center.server.url, LiveDistToken: keys.paris },
    },
  });
  afterThis(() => proxy.close());
  return {
    center,
    son,
    at: { center: placeOf(center.server.url), son: placeOf(son.server.url), proxy: placeOf(proxy.url) },
  };
}

/** Whether the center's children are connected, and it is known of each what it says itself. */
const isWhole = ({ nodes, silent }: Tree): boolean =>
  silent.length === 0 &&
  nodes.some(({ children }) => children.length === 2 && children.every(({ edges }) => edges > 0));

describe("the tree", () => {
  it("is told alike at each site and proxy", async () => {
    const { at } = await startTree();
    const seen = await until(() => ask<Tree>(at.center, "tree"), isWhole);
    // The son is asked over a connection that it has parked.
    expect(seen.nodes.map(({ id }) => id)).toEqual(["center", "son"]);
    expect(seen.nodes[0]!.children.map(({ id, kind }) => [id, kind])).toEqual([
      ["son", "site"],
      ["paris", "proxy"],
    ]);
    const idsOf = async (place: Place): Promise<string[]> => (await ask<Tree>(place, "tree")).nodes.map(({ id }) => id);
    expect(await idsOf(at.son)).toEqual(["son", "center"]);
    expect(await idsOf(at.proxy)).toEqual(["paris", "center", "son"]);
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
    const { techId } = await center.entities.transaction((unit) => unit.create(City, { name: "A", size: 1 }));
    await center.entities.notifyDeltaServer();
    const isEverywhere = ({ places }: EntityPath): boolean => places.every(({ entity }) => entity !== undefined);
    const path = await until(() => ask<EntityPath>(at.son, "entity", { techId }), isEverywhere);
    expect(path.places.map(({ site }) => site)).toEqual(["son", "center"]);
    expect(path.places[0]!.entity!.version).toEqual(path.places[1]!.entity!.version);
    expect(path.places[0]!.entity!.version.site).toBe("center");
  });

  it("R93: is told over the links, with their tokens, where every site has a permit", async () => {
    const { at } = await startTree(true);
    await expect(ask(at.center, "tree")).rejects.toMatchObject({ code: "Permission" });
    const idsOf = async (place: Place): Promise<string[]> =>
      (await until(() => ask<Tree>(place, "tree", {}, keys.person), isWhole)).nodes.map(({ id }) => id);
    expect(await idsOf(at.center)).toEqual(["center", "son"]);
    expect(await idsOf(at.son)).toEqual(["son", "center"]);
    expect(await idsOf(at.proxy)).toEqual(["paris", "center", "son"]);
  });

  it("R93: tells a neighbour nothing of an entity that it may not see, nor anyone else of any", async () => {
    const { center, at } = await startTree(true);
    const [open, hidden] = await center.entities.transaction(async (unit) => [
      (await unit.create(City, { name: "A", size: 1 })).techId,
      (await unit.create(City, { name: "B", size: 1 })).techId,
    ]);
    await center.entities.notifyDeltaServer();
    const holders = async (place: Place, techId: string): Promise<string[]> => {
      const { places } = await ask<EntityPath>(place, "entity", { techId }, keys.person);
      return places.filter(({ entity }) => entity).map(({ site }) => site);
    };
    await until(
      () => holders(at.son, open),
      ({ length }) => length === 2,
    );
    expect(await holders(at.center, hidden)).toEqual(["center"]);
    expect(await holders(at.son, hidden)).toEqual([]);
    // Its mother lets the proxy see everything.
    await until(
      () => holders(at.proxy, hidden),
      (sites) => sites.join() === "paris,center",
    );
    const look = (clientId: string, token: string): Promise<unknown> =>
      new HttpClient({ clientId, servers: [center.server.url], token }).json({ service: "Look", clientId, depth: 1 });
    for (const [clientId, token] of [
      ["person", keys.person],
      ["son", keys.paris],
    ] as const)
      await expect(look(clientId, token)).rejects.toMatchObject({ code: "Permission" });
  });

  it("R93: is told to no client that is no neighbour, whatever the permit says", async () => {
    const { server } = await startConsoleSite(["c1"]);
    const client = new HttpClient({ clientId: "c1", servers: [server.url] });
    const asked = client.json({ service: "Look", clientId: "c1", depth: 1 });
    await expect(asked).rejects.toThrow(/^c1 is no site or proxy next to this one/);
  });
});
