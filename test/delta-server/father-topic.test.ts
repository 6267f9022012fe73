import { describe, expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { FATHER_TOPIC } from "../../src/topics/routing-topics.js";
import { CityDatabase } from "../support/city-database.js";
import { delta, type Given, inShort, loadOf, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 1 } });
const shorts = (deltas: readonly Given[]): string[] => deltas.map(inShort).sort();

/** 1 to 4, of which 3 is logically deleted: it has no topics. */
const entities = [create(1, "A"), create(2, "#father-site", "B"), create(3), create(4, "V")];
const all = ["CREATE 1", "CREATE 2", "CREATE 3", "CREATE 4"];

async function started(): Promise<OneSite> {
  const site = await OneSite.start();
  await site.append(entities);
  return site;
}

describe("the father topic in loads", () => {
  it("R44: selects every entity, those without topics included", async () => {
    const site = await started();
    expect(shorts((await site.load(FATHER_TOPIC, "none")).deltas)).toEqual(all);
    expect(shorts((await site.load(`A*${FATHER_TOPIC}`, "none")).deltas)).toEqual(["CREATE 1"]);
    expect(shorts((await site.load(`${FATHER_TOPIC}*!V`, "none")).deltas)).toEqual(all.slice(0, 3));
    expect(shorts((await site.load(`B*!${FATHER_TOPIC}`, "none")).deltas)).toEqual(["CREATE 2"]);
  });

  it("R44: selects in SyncLoad and PartialLoad what they would select of other topics", async () => {
    const site = await started();
    const position = await site.position();
    await site.append([update(3), update(4, "V")]);
    const signal = new AbortController().signal;
    const caller = { clientId: "c1", tracking: "none", topicsSlice: FATHER_TOPIC } as const;
    const sync = await collect(await site.service.syncLoad({ service: "SyncLoad", ...caller, position }, signal));
    expect(shorts(loadOf(sync).deltas)).toEqual(["CREATE 3", "CREATE 4"]);
    const request = { service: "PartialLoad", ...caller, position: await site.position() } as const;
    const wider = { ...request, topicsSlice: "A", newTopicsSlice: FATHER_TOPIC };
    const added = loadOf(await collect(await site.service.partialLoad(wider, signal)));
    expect(shorts(added.deltas)).toEqual(["CREATE 2", "CREATE 3", "CREATE 4"]);
    const narrower = { ...request, newTopicsSlice: "A" };
    expect(loadOf(await collect(await site.service.partialLoad(narrower, signal))).deltas).toEqual([]);
  });

  it("R44: selects for registered clients, and lets the stream be as it is", async () => {
    const site = await started();
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad("A");
    expect(shorts((await client.partialLoad(`A+${FATHER_TOPIC}`)).deltas)).toEqual(all.slice(1));
    await site.append([create(5, "B"), create(6, "#father-site", "B"), update(3)]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["CREATE 6", "UPDATE 3"]);
    expect(shorts((await client.syncLoad(FATHER_TOPIC, { held: [1, 2, 3, 4, 6] })).deltas)).toEqual(["CREATE 5"]);
  });

  it("R44: selects also what is read when it is sent", async () => {
    const database = new CityDatabase();
    const site = await OneSite.start({ reader: database });
    await site.append([database.create(1, ["A"], { name: "late" }), database.create(2, [], { name: "none" })]);
    expect(site.service.status("cache")).toMatchObject({ headerOnlyEntities: 2 });
    const named = (deltas: readonly Given[]): unknown[] => deltas.map(({ id, fields }) => [id, fields]).sort();
    const read = [
      [1, { name: "late" }],
      [2, { name: "none" }],
    ];
    expect(named((await site.load(FATHER_TOPIC, "none")).deltas)).toEqual(read);
    const client = await new RegisteredClient(site).begin();
    expect(named((await client.fullLoad(FATHER_TOPIC)).deltas)).toEqual(read);
  });
});

async function collect(pieces: AsyncIterable<AnswerPiece>): Promise<Uint8Array[]> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(...piece);
  return collected;
}
