import { describe, expect, it } from "vitest";
import { delta, inShort, OneSite, type Client } from "../support/one-site.js";

async function startWith(
  options = {},
): Promise<{ site: OneSite; client: (topicsSlice: string, sequence?: number) => Promise<Client> }> {
  const site = await OneSite.start(options);
  const client = async (topicsSlice: string, sequence = 0): Promise<Client> => ({
    position: await site.position(sequence),
    tracking: "transition",
    topicsSlice,
  });
  return { site, client };
}

describe("a client in transition mode", () => {
  it("R10: is given an entity in full when it enters, as it is while it stays, and as leaving when it leaves", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "x", size: 1 } })]);
    await site.append([delta("UPDATE", 1, { topics: ["A", "B"], oldTopics: ["A"], fields: { size: 2 } })]);
    await site.append([delta("UPDATE", 1, { topics: ["B"], oldTopics: ["A", "B"], fields: { size: 3 } })]);
    await site.append([delta("UPDATE", 1, { topics: [], oldTopics: ["B"], fields: { size: 4 } })]);
    const a = await site.fetch(await client("A"));
    expect(a.deltas.map(inShort)).toEqual(["CREATE 1", "UPDATE 1", "UPDATE 1 leaves"]);
    const b = await site.fetch(await client("B"));
    expect(b.deltas.map(inShort)).toEqual(["FULL 1", "UPDATE 1", "UPDATE 1 leaves"]);
    expect(b.deltas[0]!.fields).toEqual({ name: "x", size: 2 });
    expect(b.sequence).toBe(4);
  });

  it("R8, R10: is given FULL as the entity was at the delta's sequence, whatever happened before it was read", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["B"], fields: { name: "x", size: 1 } })]);
    await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { size: 2 } })]);
    await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { size: 3 } })]);
    await site.append([delta("DELETE", 1, { topics: ["A"] })]);
    const { deltas } = await site.fetch(await client("A", 1));
    expect(deltas.map(inShort)).toEqual(["FULL 1", "UPDATE 1", "DELETE 1 leaves"]);
    expect(deltas.map(({ fields }) => fields)).toEqual([{ name: "x", size: 2 }, { size: 3 }, {}]);
  });

  it("R10: is given FULL as of its delta where one transaction changes the entity twice", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["B"], fields: { name: "x", size: 1 } })]);
    await site.append([
      delta("UPDATE", 1, { topics: ["A"], fields: { size: 2 } }),
      delta("UPDATE", 1, { topics: ["A"], fields: { name: "y" } }),
    ]);
    const { deltas, rows } = await site.fetch(await client("A", 1));
    expect(deltas.map(({ oper, fields }) => [oper, fields])).toEqual([
      ["FULL", { name: "x", size: 2 }],
      ["UPDATE", { name: "y" }],
    ]);
    expect(rows).toHaveLength(1);
  });

  it("R10: gives leaves without fields", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "secret" } })]);
    await site.append([delta("UPDATE", 1, { topics: ["B"], fields: { name: "more secret" } })]);
    const batch = await site.fetch(await client("A", 1));
    expect(batch.deltas).toMatchObject([{ leaves: true, fields: {} }]);
    expect(Buffer.concat(batch.rows).toString("latin1")).not.toContain("secret");
  });

  it("goes by what the cache knows of the topics before, not by what the delta says", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "x" } })]);
    await site.append([delta("UPDATE", 1, { topics: ["B"], oldTopics: ["C"], fields: { size: 1 } })]);
    expect((await site.fetch(await client("A", 1))).deltas.map(inShort)).toEqual(["UPDATE 1 leaves"]);
    expect((await site.fetch(await client("C", 1))).deltas).toEqual([]);
    expect((await site.fetch(await client("B", 1))).deltas.map(inShort)).toEqual(["FULL 1"]);
  });

  it("R10: does not hear of routing topics", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["#A", "B"], fields: { name: "x" } })]);
    await site.append([delta("UPDATE", 1, { topics: ["B", "#A", "#V"], fields: { size: 1 } })]);
    expect((await site.fetch(await client("A"))).deltas).toEqual([]);
    expect((await site.fetch(await client("B*!V"))).deltas.map(inShort)).toEqual(["CREATE 1", "UPDATE 1"]);
  });

  it("R10: is not given FULL and REGISTER of the log", async () => {
    const { site, client } = await startWith();
    await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "x" } })]);
    await site.append([
      delta("REGISTER", 1, { topics: ["#A"] }),
      delta("PARTIAL", 1, { topics: ["A"], fields: { size: 1 } }),
      delta("FULL", 1, { topics: ["A"], fields: { name: "x", size: 1 } }),
    ]);
    expect((await site.fetch(await client("A", 1))).deltas.map(inShort)).toEqual(["PARTIAL 1"]);
  });

  it("is not given an update of an entity that the cache does not hold", async () => {
    const { site, client } = await startWith();
    await site.append([delta("UPDATE", 1, { topics: ["A"], oldTopics: ["A"], fields: { size: 1 } })]);
    const batch = await site.fetch(await client("A"));
    expect(batch.deltas).toEqual([]);
    expect(batch.sequence).toBe(1);
  });
});

describe("a client in mode none", () => {
  it("R9: is given what all topics select, routing topics too, and never FULL, DELETE or REGISTER", async () => {
    const { site } = await startWith();
    await site.append([
      delta("CREATE", 1, { topics: ["#A"], fields: { name: "x" } }),
      delta("CREATE", 2, { topics: ["A", "#V"] }),
      delta("PARTIAL", 1, { topics: ["#A", "B"], fields: { size: 1 } }),
      delta("FULL", 1, { topics: ["A"] }),
      delta("UPDATE", 1, { topics: ["A"], fields: { size: 2 } }),
      delta("REGISTER", 1, { topics: ["A"] }),
      delta("UPDATE", 1, { topics: ["B"], oldTopics: ["A"], fields: { size: 3 } }),
      delta("DELETE", 1, { topics: ["A"] }),
    ]);
    const batch = await site.fetch({ position: await site.position(0), tracking: "none", topicsSlice: "A*!V" });
    expect(batch.deltas.map(inShort)).toEqual(["CREATE 1", "PARTIAL 1", "UPDATE 1"]);
    expect(batch.deltas[2]!.fields).toEqual({ size: 2 });
  });
});
