import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.js";
import { Cache } from "../../src/cache-server/cache.js";
import { loadFrames } from "../../src/cache-server/load-frames.js";
import { encodeDeltaBuffer, readEncodedDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { int32, string } from "../../src/delta/field-types.js";
import { makeSchema, type Schema } from "../../src/delta/schema.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { ManualClock } from "../support/manual-clock.js";
import {
  delta,
  framesOf,
  givenBy,
  id,
  knownSchemas,
  loadOf,
  schema,
  type Given,
  type Load,
} from "../support/one-site.js";

const City2 = deltaClass("City", { size: int32(), country: string(), name: string() });
const v2 = makeSchema("v2", [City2]);
knownSchemas.set("v2", v2);

function apply(cache: Cache, one: DeltaObject, of: Schema = schema): ReturnType<Cache["apply"]> {
  const encoded = readEncodedDeltaBuffer(encodeDeltaBuffer(of, [one])).deltas[0]!;
  return cache.apply({ encoded, schema: of }, 1);
}

const head = { epoch: "e", sequence: 1, connectedToCenter: true };

async function load(cache: Cache, text: string, nowMs = 0): Promise<Load & { byId: Map<number, Given> }> {
  const selection = cache.select(parseTopicsSlice(text), nowMs);
  const pieces: Uint8Array[] = [];
  for await (const piece of loadFrames(head, { sequence: 1, selection }, new ManualClock())) pieces.push(...piece);
  const loaded = loadOf(pieces);
  expect(loaded.head.count).toBe(loaded.deltas.length);
  return { ...loaded, byId: new Map(loaded.deltas.map((one) => [one.id, one])) };
}

describe("Cache", () => {
  it("keeps each entity whole, as a CREATE with its app topics", async () => {
    const cache = new Cache(systemRandom);
    expect(
      apply(cache, delta("CREATE", 1, { topics: ["A", "#loop"], fields: { name: "x", size: 1 } })).oldTopics,
    ).toBeNull();
    expect(apply(cache, delta("UPDATE", 1, { topics: ["#loop", "B"], fields: { size: null } })).oldTopics).toEqual([
      "A",
    ]);
    expect((await load(cache, "B")).deltas).toEqual([
      {
        sequence: 0,
        oper: "CREATE",
        id: 1,
        leaves: false,
        forThisClientAlone: false,
        fields: { name: "x" },
        topics: ["B"],
      },
    ]);
    expect((await load(cache, "A+loop")).deltas).toEqual([]);
    expect(apply(cache, delta("DELETE", 1, { topics: ["B"] }))).toMatchObject({ oldTopics: ["B"], record: undefined });
    expect((await load(cache, "B")).deltas).toEqual([]);
    expect(cache.count).toBe(0);
  });

  it("takes FULL in place of what it holds, and nothing but CREATE for what it does not hold", async () => {
    const cache = new Cache(systemRandom);
    for (const oper of ["PARTIAL", "UPDATE", "FULL", "REGISTER", "DELETE"] as const) {
      expect(apply(cache, delta(oper, 1, { topics: ["A"] }))).toMatchObject({ oldTopics: null, record: undefined });
    }
    expect(cache.count).toBe(0);
    apply(cache, delta("CREATE", 1, { topics: ["A"], fields: { name: "x", size: 1 } }));
    apply(cache, delta("FULL", 1, { topics: ["A"], fields: { name: "y" } }));
    apply(cache, delta("REGISTER", 1, { topics: ["#z"] }));
    const { deltas } = await load(cache, "A");
    expect(deltas).toMatchObject([{ oper: "CREATE", fields: { name: "y" } }]);
    expect(deltas[0]!.fields).not.toHaveProperty("size");
  });

  it("R26: counts time-windows from the time of the load", async () => {
    const cache = new Cache(systemRandom);
    const at = (seconds: number) => new Date(seconds * 1_000);
    apply(cache, delta("CREATE", 1, { topics: ["A"], updateTime: at(100) }));
    apply(cache, delta("CREATE", 2, { topics: ["A"], updateTime: at(200) }));
    apply(cache, delta("UPDATE", 1, { topics: ["A"], updateTime: at(300) }));
    expect([...(await load(cache, "A*TimeWindow60", 310_000)).byId.keys()]).toEqual([1]);
    expect([...(await load(cache, "A*TimeWindow110", 310_000)).byId.keys()].sort()).toEqual([1, 2]);
    expect((await load(cache, "A*TimeWindow60", 361_000)).deltas).toEqual([]);
  });

  it("R25: gives a snapshot: a load shows nothing of what is written while it streams", async () => {
    const cache = new Cache(systemRandom);
    const count = 3_000;
    const name = "x".repeat(200);
    for (let number = 1; number <= count; number++) {
      apply(cache, delta("CREATE", number, { topics: ["A"], fields: { name, size: 1 } }));
    }
    const selection = cache.select(parseTopicsSlice("A"), 0);
    const pieces: Uint8Array[] = [];
    for await (const piece of loadFrames(head, { sequence: 1, selection }, new ManualClock())) {
      pieces.push(...piece);
      for (let number = 1; number <= count; number++) {
        apply(cache, delta("UPDATE", number, { topics: ["A"], fields: { name: "new", size: pieces.length } }));
      }
      apply(cache, delta("DELETE", pieces.length, { topics: ["A"] }));
      apply(cache, delta("CREATE", count + pieces.length, { topics: ["A"] }));
    }
    const { deltas, frames, ended } = loadOf(pieces);
    expect(frames).toBeGreaterThan(3);
    expect(ended).toBe(true);
    expect(deltas).toHaveLength(count);
    expect(deltas.every(({ fields }) => (fields as { size: number }).size === 1)).toBe(true);
  });

  it("is empty where nothing is selected", async () => {
    expect(await load(new Cache(systemRandom), "A")).toMatchObject({ deltas: [], frames: 0, ended: true });
  });
});

describe("a cache of two schemas", () => {
  const newer = (oper: "CREATE" | "UPDATE", number: number, fields: object): DeltaObject =>
    City2.delta({ oper, techId: id(number), updateTime: new Date(0), topics: ["A"], fields });

  it("loads each entity under the schema in which it is held", async () => {
    const cache = new Cache(systemRandom);
    apply(cache, delta("CREATE", 1, { topics: ["A"], fields: { name: "old", size: 1 } }));
    apply(cache, newer("CREATE", 2, { name: "new", country: "c" }), v2);
    apply(cache, delta("CREATE", 3, { topics: ["A"], fields: { name: "changed", size: 3 } }));
    apply(cache, newer("UPDATE", 3, { country: "d" }), v2);
    const { byId } = await load(cache, "A");
    expect(byId.get(1)!.fields).toEqual({ name: "old", size: 1 });
    expect(byId.get(2)!.fields).toEqual({ name: "new", country: "c" });
    expect(byId.get(3)!.fields).toEqual({ name: "changed", size: 3, country: "d" });
  });

  it("loses no field to a writer of the older schema", async () => {
    const cache = new Cache(systemRandom);
    apply(cache, newer("CREATE", 1, { name: "new", country: "c", size: 1 }), v2);
    const change = apply(cache, delta("UPDATE", 1, { topics: ["A"], fields: { size: 2, name: null } }));
    expect(change.schema).toBe(v2);
    expect((await load(cache, "A")).deltas).toMatchObject([{ fields: { country: "c", size: 2 } }]);
  });

  it("can be read by clients of either", async () => {
    const cache = new Cache(systemRandom);
    apply(cache, newer("CREATE", 1, { name: "n", country: "c", size: 1 }), v2);
    apply(cache, delta("CREATE", 2, { topics: ["A"], fields: { name: "o", size: 2 } }));
    const selection = cache.select(parseTopicsSlice("A"), 0);
    const pieces: Uint8Array[] = [];
    for await (const piece of loadFrames(head, { sequence: 1, selection }, new ManualClock())) pieces.push(...piece);
    const fieldsOf = (own: Schema) => new Map(givenBy(framesOf(pieces), own).map((one) => [one.id, one.fields]));
    expect(fieldsOf(schema)).toEqual(
      new Map<number, object>([
        [1, { name: "n", size: 1 }],
        [2, { name: "o", size: 2 }],
      ]),
    );
    expect(fieldsOf(v2).get(1)).toEqual({ name: "n", country: "c", size: 1 });
    expect(fieldsOf(v2).get(2)).toEqual({ name: "o", size: 2 });
  });
});
