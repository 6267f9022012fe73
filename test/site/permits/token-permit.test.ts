import { describe, expect, it } from "vitest";
import type { DeltaObject } from "../../../src/delta/delta-object.js";
import { Replica } from "../../../src/edge/replica.js";
import { MapCopy } from "../../../src/edge/map-copy.js";
import { TokenPermit } from "../../../src/site/permits/token-permit.js";
import { all } from "../../plugs/application.js";
import { afterThis, codeOfRejection } from "../../support/one-site.js";
import { edgeOf, forgedToken, jwks, key, start, staticKey, type TokenSite, tokenWith } from "./token-site.js";

const everything = { topics: "*" };

async function namesOf(load: Promise<AsyncIterable<{ fields: unknown }>>): Promise<unknown[]> {
  return (await all(await load)).map(({ fields }) => (fields as { name: string }).name).sort();
}

/** Asks for everything, as proxies do. */
function loadAll(site: TokenSite, token: string): Promise<{ status: number; text: string }> {
  return post(site, { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice: "*" }, token, "Cache");
}

async function post(
  site: TokenSite,
  request: object,
  token: string,
  server = "Delta",
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${site.server.url}/LiveDist1/${server}.config`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  return { status: response.status, text: await response.text() };
}

/** Waits until something holds; the test's own time-out ends the wait. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a token", () => {
  it("is believed where it is signed by a known key, for this site, and has not ended; nothing else is", async () => {
    const site = await start();
    await site.application.create("Lima", 9);
    expect(await namesOf(edgeOf(site, await tokenWith(everything)).fullLoad("large"))).toEqual(["Lima"]);
    const [, payload, signature] = (await tokenWith(everything)).split(".");
    const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
    const refused = [
      undefined,
      "a.b.c",
      "x".repeat(4_000),
      `${unsigned}.${payload!}.`,
      `${unsigned}.${payload!}.${signature!}`,
      await forgedToken(everything),
      await tokenWith(everything, { exp: Math.floor(Date.now() / 1000) - 60 }),
      await tokenWith(everything, { iss: "another" }),
      await tokenWith(everything, { aud: "another" }),
      await tokenWith({ topics: "all" }),
      await tokenWith({ topic: ["large"] }),
      await tokenWith({ ...everything, roles: ["root"] }),
      await tokenWith({ ...everything, classification: "unheard-of" }),
    ];
    for (const token of refused) {
      expect([token, await codeOfRejection(edgeOf(site, token).fullLoad("large"))]).toEqual([token, "Permission"]);
    }
  });

  it("is that of one client", async () => {
    const site = await start();
    const edge = edgeOf(site, await tokenWith(everything), { clientId: "c2" });
    expect(await codeOfRejection(edge.fullLoad("large"))).toBe("Permission");
  });

  it("ends what runs when it ends, and the client goes on with a new one", async () => {
    const site = await start();
    let ended = 0;
    // Whole seconds: what is left of this one, and one more.
    const short = await tokenWith(everything, { exp: Math.floor(Date.now() / 1000) + 2 });
    const tokens = [short, short, await tokenWith(everything)];
    const edge = edgeOf(site, () => {
      ended++;
      return tokens[Math.min(ended, tokens.length) - 1]!;
    });
    await all(await edge.fullLoad("large"));
    const batches = edge.deltas();
    const first = batches.next();
    await until(() => ended === 3);
    await site.application.create("Lima", 9);
    expect((await first).value).toMatchObject({ deltas: [{ topics: ["large"] }] });
    await batches.return();
  });

  it("stands in no log", async () => {
    const site = await start();
    const token = await forgedToken(everything);
    await codeOfRejection(edgeOf(site, token).fullLoad("large"));
    await codeOfRejection(edgeOf(site, await tokenWith(everything)).fullLoad("large+"));
    expect(site.logged.lines.length).toBeGreaterThan(0);
    const text = JSON.stringify(site.logged.lines, (_, value: unknown) =>
      value instanceof Error ? value.stack : value,
    );
    expect(text).not.toContain(token.slice(0, 40));
  });
});

describe("what proves who asks", () => {
  it("stands nowhere in the database", async () => {
    const site = await start({ keys: [staticKey({ topics: "*" })] });
    const edge = edgeOf(site, key, { tracking: "registration" });
    await all(await edge.fullLoad("large"));
    const rows = await site.application.store.log.read(0, { rowsMax: 10, bytesMax: 1_000_000 });
    const texts = rows.map(({ deltaBuffer }) => Buffer.from(deltaBuffer).toString("latin1"));
    expect(texts.join()).toContain("FullLoad");
    expect(texts.join()).not.toContain(key);
  });
});

describe("a static key", () => {
  it("has its rights here, and is known by its hash alone", async () => {
    const site = await start({ keys: [staticKey({ topics: ["large"] })] });
    expect((await edgeOf(site, key).fullLoad("large")).count).toBe(0);
    expect(await codeOfRejection(edgeOf(site, key).fullLoad("small"))).toBe("Permission");
    expect(await codeOfRejection(edgeOf(site, `${key}0`).fullLoad("large"))).toBe("Permission");
    expect(await codeOfRejection(edgeOf(site, staticKey({}).sha256).fullLoad("large"))).toBe("Permission");
  });

  it("is refused where it is malformed, before the server starts", () => {
    const codeOf = (options: object): unknown => {
      try {
        return new TokenPermit(options);
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    expect(codeOf({})).toBe("Config");
    expect(codeOf({ keys: [{ sha256: "12", clientId: "c1" }] })).toBe("Config");
    expect(codeOf({ keys: [staticKey({ topics: "all" as "*" })] })).toBe("Config");
    expect(codeOf({ keys: [staticKey({ classification: "secret" })] })).toBe("Config");
    expect(codeOf({ jwks })).toBeInstanceOf(TokenPermit);
  });
});

describe("the topics of a token", () => {
  it.each([
    ["large", true],
    ["large*small", true],
    ["small*large", true],
    ["(large+small)*large", true],
    ["large*(small+other)", true],
    ["large*!small", true],
    ["large*TimeWindow99", true],
    ["small", false],
    ["large+small", false],
    ["large*small+small", false],
    ["father-site", false],
    ["site-c2", false],
  ])("are all that may be asked for: %s", async (slice, isPermitted) => {
    const site = await start();
    const load = edgeOf(site, await tokenWith({ topics: ["large"] }), { tracking: "none" }).fullLoad(slice);
    if (isPermitted) expect((await load).count).toBe(0);
    else expect(await codeOfRejection(load)).toBe("Permission");
  });

  it("keep a client from asking for everything", async () => {
    const site = await start();
    expect(await loadAll(site, await tokenWith({ topics: ["large"] }))).toMatchObject({ status: 403 });
    expect(await loadAll(site, await tokenWith(everything))).toMatchObject({ status: 200 });
  });

  it("are none where the token names none", async () => {
    const site = await start();
    expect(await codeOfRejection(edgeOf(site, await tokenWith({})).fullLoad("large"))).toBe("Permission");
  });

  it("keep a client from being registered, which would be given what has left them, unless that is allowed", async () => {
    const site = await start();
    const registered = { tracking: "registration" } as const;
    const topics = ["large"];
    expect(await codeOfRejection(edgeOf(site, await tokenWith({ topics }), registered).fullLoad("large"))).toBe(
      "Permission",
    );
    const allowed = edgeOf(site, await tokenWith({ topics, registration: true }), registered);
    expect((await allowed.fullLoad("large")).count).toBe(0);
  });
});

describe("what a slice is narrowed to", () => {
  const rights = { topicsSlice: "large*!old" };

  it("holds for loads, streams, polls and entities asked for by name", async () => {
    const site = await start();
    const { application } = site;
    await application.create("Lima", 9);
    const hidden = await application.create("Bonn", 1);
    for (const transport of [undefined, "longPoll"] as const) {
      const edge = edgeOf(site, await tokenWith(rights), { ...(transport && { transport }) });
      expect(await namesOf(edge.fullLoad("large+small"))).toEqual(["Lima"]);
      expect(await namesOf(edge.loadEntities([hidden]))).toEqual([]);
      expect(await namesOf(edge.partialLoad("small"))).toEqual([]);
      expect(await namesOf(edge.partialLoad("small+large"))).toEqual(["Lima"]);
      expect(await edge.selectMinus("small+large", "other")).toHaveLength(1);
      const batches = edge.deltas();
      const next = batches.next();
      const techId = await application.create("Hidden", 1);
      await application.resize(techId, 2);
      await application.resize(techId, 8);
      // What it was before it came in is none of the client's business: it comes whole, as it is now.
      expect((await next).value).toMatchObject({ deltas: [{ oper: "FULL", fields: { name: "Hidden", size: 8 } }] });
      await application.resize(techId, 3);
      expect((await batches.next()).value).toMatchObject({ deltas: [{ leaves: true, fields: {} }] });
      await batches.return();
    }
  });

  it("is everything to a client without registration that asks for everything", async () => {
    const site = await start();
    await site.application.create("Lima", 9);
    await site.application.create("Bonn", 1);
    const { status, text } = await loadAll(site, await tokenWith(rights));
    expect(status).toBe(200);
    expect(text).toContain("Lima");
    expect(text).not.toContain("Bonn");
  });

  it("lets a copy be made anew when it changes", async () => {
    const site = await start();
    const { application } = site;
    await application.create("Lima", 9);
    const small = await application.create("Bonn", 1);
    let token = await tokenWith({ topicsSlice: "large" });
    const edge = edgeOf(site, () => token, { transport: "longPoll" });
    const replica = new Replica(edge, { slice: "large+small", copy: new MapCopy() });
    afterThis(() => replica.stop());
    await replica.start();
    expect(replica.copy.get(small)).toBeUndefined();
    token = await tokenWith({ topicsSlice: "large+small" });
    await application.create("Rome", 9);
    await until(() => replica.copy.get(small) !== undefined);
    token = await tokenWith({ topicsSlice: "large" });
    await application.create("Oslo", 9);
    await until(() => replica.copy.get(small) === undefined);
  });

  it("is told to a registered client as NotRegistered", async () => {
    const site = await start();
    const registered = { tracking: "registration", transport: "longPoll" } as const;
    let token = await tokenWith({ topicsSlice: "large", registration: true });
    const edge = edgeOf(site, () => token, registered);
    await all(await edge.fullLoad("large+small"));
    expect(await edge.selectMinus("large+small", "other")).toEqual([]);
    token = await tokenWith({ topicsSlice: "small", registration: true });
    expect(await codeOfRejection(edge.fetchDeltas())).toBe("NotRegistered");
  });
});

describe("a classification", () => {
  const classifications = ["small", "large"];
  const visible = async (site: TokenSite, rights: object): Promise<unknown[]> =>
    namesOf(edgeOf(site, await tokenWith({ ...everything, ...rights })).fullLoad("small+large"));

  it("hides what is classified higher, and from who has none all that is classified", async () => {
    const site = await start({ classifications });
    await site.application.create("Lima", 9);
    await site.application.create("Bonn", 1);
    expect(await visible(site, {})).toEqual([]);
    expect(await visible(site, { classification: "small" })).toEqual(["Bonn"]);
    expect(await visible(site, { classification: "large" })).toEqual(["Bonn", "Lima"]);
    const token = await tokenWith({ ...everything, classification: "small" });
    expect(await loadAll(site, token)).toMatchObject({ status: 403 });
    const edge = edgeOf(site, token);
    expect(await namesOf(edge.fullLoad("father-site"))).toEqual(["Bonn"]);
  });

  it("hides from a registered client what is raised above it", async () => {
    const site = await start({ classifications });
    const techId = await site.application.create("Bonn", 1);
    const token = await tokenWith({ ...everything, classification: "small" });
    const edge = edgeOf(site, token, { tracking: "registration" });
    expect(await namesOf(edge.fullLoad("small"))).toEqual(["Bonn"]);
    await site.application.resize(techId, 9);
    await site.application.resize(await site.application.create("Rome", 1), 2);
    const seen: DeltaObject[] = [];
    for await (const { deltas } of edge.deltas()) {
      seen.push(...deltas);
      if (deltas.some(({ fields }) => (fields as { size?: number }).size === 2)) break;
    }
    expect(seen.filter((delta) => delta.techId === techId)).toEqual([]);
  });
});

describe("a role", () => {
  const client = { clientId: "c1" };

  it("is needed for what tells of other clients", async () => {
    const site = await start();
    const request = { service: "ReadClients", ...client };
    expect((await post(site, request, await tokenWith(everything))).status).toBe(403);
    expect((await post(site, request, await tokenWith({ ...everything, roles: ["monitor"] }))).status).toBe(403);
    for (const roles of [["proxy"], ["administrator"]]) {
      expect((await post(site, request, await tokenWith({ roles }))).text).toContain('"c2"');
    }
    const metrics = async (token: string): Promise<number> =>
      (await fetch(`${site.server.url}/metrics`, { headers: { Authorization: `Bearer ${token}` } })).status;
    expect(await metrics(await tokenWith(everything))).toBe(403);
    expect(await metrics(await tokenWith({ roles: ["monitor"] }))).toBe(200);
  });

  it("is needed to speak as a site, and gives a site its own routing topic", async () => {
    const site = await start();
    const asSite = { siteEpoch: () => "s1", tracking: "registration" } as const;
    const slice = "(large)*!not-site-c1+site-c1";
    const topics = ["large"];
    const refused = edgeOf(site, await tokenWith({ topics: [...topics, "site-c1"], registration: true }), asSite);
    expect(await codeOfRejection(refused.fullLoad(slice))).toBe("Permission");
    const permitted = edgeOf(site, await tokenWith({ topics, roles: ["site"] }), asSite);
    expect(await all(await permitted.fullLoad(slice))).toEqual([]);
    expect(await codeOfRejection(permitted.fullLoad("(large)*!not-site-c2+site-c2"))).toBe("Permission");
  });
});
