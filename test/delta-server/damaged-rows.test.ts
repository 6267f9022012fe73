import { describe, expect, it } from "vitest";
import { TOPICS_LIST_TOPICS_MAX } from "../../src/base/limits.js";
import { encodeDeltaBuffer, readEncodedDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { makeSchema } from "../../src/delta/schema.js";
import { appendBytes, City, delta, inShort, newStore, OneSite, schema, type Client } from "../support/one-site.js";

const create = (number: number) => delta("CREATE", number, { topics: ["A"], fields: { name: "x", size: 1 } });
const buffer = (...deltas: ReturnType<typeof create>[]): Uint8Array => encodeDeltaBuffer(schema, deltas);

/** A row whose second delta-object has a structure that does not describe its body. */
function damagedInside(): Uint8Array {
  const bytes = buffer(create(1), create(2), create(3));
  const { structureAt } = readEncodedDeltaBuffer(bytes).deltas[1]!;
  bytes[structureAt + 1] = 99;
  return bytes;
}

const damage: Readonly<Record<string, () => Uint8Array>> = {
  "that are no delta-buffer": () => Uint8Array.of(99, 1, 2),
  "that are empty": () => new Uint8Array(0),
  "that are cut": () => buffer(create(2)).subarray(0, -3),
  "of a schema that nobody knows": () => encodeDeltaBuffer(makeSchema("nobody", [City]), [create(2)]),
  "with more topics than the cache takes": () => {
    const topics = Array.from({ length: TOPICS_LIST_TOPICS_MAX + 1 }, (_, at) => `T${at}`);
    return buffer(delta("CREATE", 2, { topics: ["A", ...topics] }));
  },
};

async function client(site: OneSite, rest: Partial<Client> = {}): Promise<Client> {
  return { position: await site.position(0), tracking: "transition", topicsSlice: "A", ...rest };
}

const expected = ["CREATE 1", "CREATE 3"];

describe("rows of the log", () => {
  for (const [what, bytes] of Object.entries(damage)) {
    it(`R6: ${what} are passed over and reported; what follows is served`, async () => {
      const site = await OneSite.start();
      await site.append([create(1)]);
      await site.appendBytes(bytes());
      expect(site.logged.errors).toEqual([expect.stringContaining("passed over")]);
      await site.append([create(3)]);
      const batch = await site.fetch(await client(site));
      expect(batch.deltas.map(inShort)).toEqual(expected);
      expect(batch.sequence).toBe(3);
      expect((await site.load("A")).deltas.map(inShort).sort()).toEqual(expected);
      expect(site.logged.errors).toHaveLength(1);
    });

    it(`R6: ${what} are passed over by a start and by clients that come from before it`, async () => {
      const store = await newStore();
      for (const row of [buffer(create(1)), bytes(), buffer(create(3))]) await appendBytes(store, row);
      const site = await OneSite.start({ store });
      expect(site.logged.errors).toEqual([expect.stringContaining("passed over")]);
      expect((await site.load("A")).deltas.map(inShort).sort()).toEqual(expected);
      const resumed = await site.fetch(await client(site));
      expect(resumed.deltas.filter(({ leaves }) => !leaves).map(({ id }) => id)).toEqual([1, 3]);
      const streamed = await site.fetch(await client(site, { tracking: "none" }));
      expect(streamed.deltas.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 3]));
    });
  }

  it("R6: of which one delta-object is damaged are served without it, to everyone", async () => {
    const site = await OneSite.start();
    await site.appendBytes(damagedInside());
    expect(site.logged.errors).toHaveLength(1);
    for (const tracking of ["transition", "none"] as const) {
      expect((await site.fetch(await client(site, { tracking }))).deltas.map(inShort)).toEqual(expected);
    }
    expect((await site.load("A")).deltas.map(inShort).sort()).toEqual(expected);
    await site.close();
    const again = await OneSite.start({ store: site.store });
    expect((await again.load("A")).deltas.map(inShort).sort()).toEqual(expected);
    expect((await again.fetch(await client(again, { tracking: "none" }))).deltas.map(inShort)).toEqual(expected);
  });

  it("R6: leave an entity as it was where its update is refused", async () => {
    const site = await OneSite.start();
    await site.append([create(1)]);
    const topics = Array.from({ length: TOPICS_LIST_TOPICS_MAX + 1 }, (_, at) => `T${at}`);
    await site.append([delta("UPDATE", 1, { topics: ["B", ...topics], fields: { size: 2 } })]);
    await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { size: 3 } })]);
    const batch = await site.fetch(await client(site));
    expect(batch.deltas.map(inShort)).toEqual(["CREATE 1", "UPDATE 1"]);
    expect((await site.load("A")).deltas).toMatchObject([{ fields: { name: "x", size: 3 }, topics: ["A"] }]);
  });
});
