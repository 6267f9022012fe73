import { describe, expect, it } from "vitest";
import type { Why } from "../../src/console/why.js";
import { City, codeOfRejection } from "../support/one-site.js";
import { ask, until } from "./ask.js";
import { startConsoleSite, takeAll, type ConsoleSite } from "./console-site.js";

/** Renames a city, and with that gives it these topics. */
async function move(site: ConsoleSite, techId: string, topics: string): Promise<void> {
  await site.entities.transaction((unit) => unit.update(City, techId, { name: `${topics}:x` }).then(() => undefined));
  await site.entities.notifyDeltaServer();
}

async function whyAt(site: ConsoleSite, sequence: number, query: Record<string, string>): Promise<Why> {
  await until(
    () => ask<{ sequence: number }>(site, "overview"),
    (overview) => overview.sequence >= sequence,
  );
  return ask<Why>(site, "why", query);
}

const quick = { LiveDistPort: "0", LiveDistPollMs: "20", LiveDistClientsPollMs: "20" };

const given = ({ decisions }: Why): string[] => decisions.map(({ oper, given }) => `${oper}: ${given}`);

describe("why a registered client holds an entity", () => {
  it("names the term that decides, the bits, and what was given of each delta", async () => {
    const site = await startConsoleSite();
    const edge = site.edge("c1", "registration");
    await takeAll(await edge.fullLoad("A*!V"));
    const [techId] = await site.add("A", ["x"]);
    const after = (await site.store.log.bounds()).lastSequence;
    const created = await whyAt(site, after, { client: "c1", techId: techId! });
    expect(created.verdict).toContain("c1 holds it and is current: its slice selects it");
    expect(created.standing).toEqual({ registered: true, synchronized: true });
    expect(created.terms).toEqual([
      { depth: 0, text: "A", holds: true, decides: true },
      { depth: 0, operator: "*", text: "not V", holds: true, decides: false },
    ]);
    expect(given(created)).toEqual(["CREATE: as it is"]);

    await move(site, techId!, "A V");
    const vetoed = await whyAt(site, after + 1, { client: "c1", techId: techId! });
    expect(vetoed.verdict).toContain("registered on it and not current: !V of its slice vetoes its changes");
    expect(vetoed.terms!.find(({ decides }) => decides)).toMatchObject({ text: "not V", holds: false });
    expect(vetoed.vetoedBy).toEqual(["V"]);
    expect(vetoed.decisions.at(-1)).toMatchObject({
      given: "nothing",
      because: "!V of the slice vetoes it",
      before: { registered: true, synchronized: true },
      after: { registered: true, synchronized: false },
    });

    await move(site, techId!, "A");
    const back = await whyAt(site, after + 2, { client: "c1", techId: techId! });
    expect(back.standing).toEqual({ registered: true, synchronized: true });
    expect(back.decisions.at(-1)).toMatchObject({
      given: "in full",
      because: expect.stringContaining("not synchronized") as string,
    });
  });

  it("knows from the stream how the client stood when it had loaded the entity", async () => {
    const site = await startConsoleSite();
    const [techId] = await site.add("A", ["x"]);
    await whyAt(site, 1, { client: "c2", techId: techId!, slice: "A" });
    await takeAll(await site.edge("c1", "registration").fullLoad("A"));
    await move(site, techId!, "A B");
    const { lastSequence } = await site.store.log.bounds();
    const why = await whyAt(site, lastSequence, { client: "c1", techId: techId! });
    expect(why.decisions).toMatchObject([
      {
        oper: "UPDATE",
        given: "as it is",
        because: "it was registered and synchronized",
        before: { synchronized: true },
      },
    ]);
  });

  it("agrees with what the client really received", async () => {
    const site = await startConsoleSite();
    const edge = site.edge("c1", "registration");
    await takeAll(await edge.fullLoad("A+B*!V"));
    const [techId] = await site.add("A", ["x"]);
    for (const topics of ["A V", "C", "V", "B", "A"]) await move(site, techId!, topics);
    const { lastSequence } = await site.store.log.bounds();
    const why = await whyAt(site, lastSequence, { client: "c1", techId: techId! });
    const received = new Map<number, string>();
    while (edge.sequence < lastSequence) {
      for (const { sequence, oper } of (await edge.fetchDeltas({ waitMsMax: 0 })).deltas) received.set(sequence!, oper);
    }
    const told = why.decisions.map(({ sequence, oper, given }) => [
      sequence,
      given === "in full" ? "FULL" : given === "nothing" ? undefined : oper,
    ]);
    expect(told).toEqual(why.decisions.map(({ sequence }) => [sequence, received.get(sequence)]));
    expect(why.decisions.some(({ given }) => given === "nothing")).toBe(true);
    expect(why.decisions.some(({ given }) => given === "in full")).toBe(true);
  });

  it("says that a client does not hold what it unregistered, and does not make up how it stood before", async () => {
    const site = await startConsoleSite();
    const edge = site.edge("c1", "registration");
    await takeAll(await edge.fullLoad("A"));
    const [techId] = await site.add("A", ["x"]);
    await move(site, techId!, "B");
    const { lastSequence } = await site.store.log.bounds();
    while (edge.sequence < lastSequence) await edge.fetchDeltas({ waitMsMax: 1_000 });
    await edge.unregisterEntities([techId!], edge.sequence);
    const why = await ask<Why>(site, "why", { client: "c1", techId: techId! });
    expect(why.verdict).toContain("c1 does not hold it: its slice does not select it");
    expect(why.decisions.map((one) => one.given)).toEqual(["as it is", "as it is"]);
    expect(why.decisions.at(-1)!.because).toContain("a command of the client");
  });
});

describe("why an unregistered client holds an entity", () => {
  it("follows the entity into the slice and out of it", async () => {
    const site = await startConsoleSite();
    const [techId] = await site.add("B", ["x"]);
    await move(site, techId!, "A");
    await move(site, techId!, "A B");
    await move(site, techId!, "B");
    const { lastSequence } = await site.store.log.bounds();
    const why = await whyAt(site, lastSequence, { client: "c2", techId: techId!, slice: "A" });
    expect(given(why)).toEqual(["CREATE: nothing", "UPDATE: in full", "UPDATE: as it is", "UPDATE: leaves"]);
    expect(why.verdict).toContain("c2 does not hold it: its slice does not select the entity's topics");
  });

  it("goes on into the log behind what is in memory, and says how far back it has looked", async () => {
    const site = await startConsoleSite(["c1", "c2"], { config: { ...quick, LiveDistLogInMemoryBytesMax: "1" } });
    const edge = site.edge("c1", "registration");
    await takeAll(await edge.fullLoad("A*!V"));
    const loadedAt = edge.sequence;
    const [techId] = await site.add("B", ["x"]);
    for (const topics of ["A", "A B", "A V", "A", "B"]) {
      await move(site, techId!, topics);
      const { lastSequence } = await site.store.log.bounds();
      while (edge.sequence < lastSequence) await edge.fetchDeltas({ waitMsMax: 1_000 });
    }
    const { lastSequence } = await site.store.log.bounds();
    const registered = await whyAt(site, lastSequence, { client: "c1", techId: techId! });
    expect(registered.windowFrom).toBeGreaterThan(registered.decisions[0]!.sequence);
    expect(registered.lookedFrom).toBe(loadedAt);
    const asIs = ["UPDATE: as it is", "UPDATE: nothing", "UPDATE: in full", "UPDATE: as it is"];
    // How it stood before the first one is not known, nor made up.
    expect(given(registered)).toEqual(["CREATE: unknown", "UPDATE: unknown", ...asIs]);
    const other = await whyAt(site, lastSequence, { client: "c2", techId: techId!, slice: "A" });
    const leaving = ["UPDATE: as it is", "UPDATE: as it is", "UPDATE: as it is", "UPDATE: leaves"];
    expect(given(other)).toEqual(["CREATE: nothing", "UPDATE: in full", ...leaving]);
    expect(other.lookedFrom).toBe(0);
  });

  it("asks for a slice where none is known, and refuses what names nothing", async () => {
    const site = await startConsoleSite();
    const techId = "00000000-0000-4000-8000-000000000001";
    expect(await codeOfRejection(ask(site, "why", { client: "c2", techId }))).toBe("NotRegistered");
    expect(await codeOfRejection(ask(site, "why", { client: "nobody", techId, slice: "A" }))).toBe("UnknownClient");
    expect(await codeOfRejection(ask(site, "why", { client: "c2", techId: "x", slice: "A" }))).toBe("Request");
    const unheld = await ask<Why>(site, "why", { client: "c2", techId, slice: "A" });
    expect(unheld.verdict).toContain("this server does not hold the entity");
  });
});
