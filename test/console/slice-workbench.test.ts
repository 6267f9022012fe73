import { describe, expect, it } from "vitest";
import type { ExaminedSlice } from "../../src/console/slice-workbench.js";
import { ask, tell, until } from "./ask.js";
import { startConsoleSite, takeAll, type ConsoleSite } from "./console-site.js";

async function fourCities(): Promise<{ site: ConsoleSite; sequence: number }> {
  const site = await startConsoleSite();
  for (const topics of ["A", "A B", "B", "C"]) await site.add(topics, ["x"]);
  const { sequence } = await until(
    () => ask<{ sequence: number }>(site, "overview"),
    ({ sequence }) => sequence >= 4,
  );
  return { site, sequence };
}

function examine(site: ConsoleSite, body: object): Promise<ExaminedSlice> {
  return tell<ExaminedSlice>(site, "slice", body);
}

describe("the slice workbench", () => {
  it("tells what a slice selects now, with a sample", async () => {
    const { site, sequence } = await fourCities();
    const found = await examine(site, { expression: "A+B" });
    expect(found).toMatchObject({ canonical: "A+B", sequence, selects: { count: 3 } });
    expect(found.selects.sample.map(({ topics }) => topics.join(" ")).sort()).toEqual(["A", "A B", "B"]);
  });

  it("foretells what PartialLoad and SelectMinus then give an edge without registration", async () => {
    const { site } = await fourCities();
    const { change } = await examine(site, { expression: "B+C", before: "A" });
    const edge = site.edge("c1", "transition");
    await takeAll(await edge.fullLoad("A"));
    const loaded = await takeAll(await edge.partialLoad("B+C"));
    const dropped = await edge.selectMinus("A", "B+C");
    expect(change!.loads.sample.map(({ techId }) => techId).sort()).toEqual(loaded.map(({ techId }) => techId).sort());
    expect(change!.drops.sample.map(({ techId }) => techId)).toEqual(dropped.map(({ techId }) => techId));
    expect(change).toMatchObject({ before: "A", loads: { count: 2 }, drops: { count: 1 } });
  });

  it("foretells it of a registered client from what the client holds, and changes nothing", async () => {
    const { site } = await fourCities();
    const edge = site.edge("c1", "registration");
    await takeAll(await edge.fullLoad("A"));
    const { change } = await examine(site, { expression: "B+C", clientId: "c1" });
    expect(await examine(site, { expression: "B+C", clientId: "c1" })).toMatchObject({ change: change! });
    const loaded = await takeAll(await edge.partialLoad("B+C"));
    // "A B" is held already, and stays.
    expect(change!.loads.sample.map(({ techId }) => techId).sort()).toEqual(loaded.map(({ techId }) => techId).sort());
    expect(change).toMatchObject({ before: "A", loads: { count: 2 }, drops: { count: 1 } });
  });

  it("says where an expression is wrong, and what the slice before lacks", async () => {
    const { site } = await fourCities();
    await expect(examine(site, { expression: "A+!B" })).rejects.toMatchObject({
      code: "TopicsSlice",
      line: 1,
      column: 3,
    });
    await expect(examine(site, { expression: "A", before: "(" })).rejects.toMatchObject({ code: "Request" });
    await expect(examine(site, { expression: "A", clientId: "c2" })).rejects.toMatchObject({ code: "NotRegistered" });
    await expect(examine(site, [])).rejects.toMatchObject({ code: "Request" });
    await expect(examine(site, { expression: 1 })).rejects.toMatchObject({ code: "Request" });
  });
});
