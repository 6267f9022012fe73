import { describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { int32, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import {
  codeOfRejection,
  delta,
  framesOf,
  givenBy,
  id,
  inShort,
  knownSchemas,
  loadOf,
  newStore,
  OneSite,
  schema,
  type Given,
} from "../support/one-site.js";

const create = (number: number, name = "x") => delta("CREATE", number, { topics: ["A"], fields: { name, size: 1 } });

describe("a full load", () => {
  it("R25: is a snapshot at its sequence, which the deltas after it complete exactly", async () => {
    const site = await OneSite.start();
    const count = 2_000;
    await site.append(Array.from({ length: count }, (_, at) => create(at + 1, "x".repeat(300))));
    const request = { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    const pieces: Uint8Array[] = [];
    for await (const piece of await site.service.fullLoad(request, new AbortController().signal)) {
      pieces.push(...piece);
      // Written while the load streams: the first, the last, and what is new.
      await site.append([
        delta("UPDATE", 1, { topics: ["A"], fields: { size: pieces.length } }),
        delta("UPDATE", count, { topics: ["A"], fields: { name: `now ${pieces.length}` } }),
        create(count + pieces.length),
        delta("DELETE", 1 + pieces.length, { topics: ["A"] }),
      ]);
    }
    const { head, deltas } = loadOf(pieces);
    expect(head).toMatchObject({ sequence: 1, count, connectedToCenter: true });
    expect(deltas).toHaveLength(count);
    expect(deltas.every(({ fields }) => (fields as { size: number }).size === 1)).toBe(true);

    const copy = new Map(deltas.map((one) => [one.id, one.fields]));
    for (let sequence = head.sequence; sequence < site.sequence;) {
      const position = await site.position(sequence);
      const batch = await site.fetch({ position, tracking: "transition", topicsSlice: "A" });
      for (const one of batch.deltas) applyTo(copy, one);
      sequence = batch.sequence;
    }
    const now = await site.load("A");
    expect(copy).toEqual(new Map(now.deltas.map((one) => [one.id, one.fields])));
    expect(now.head.sequence).toBe(site.sequence);
  });

  it("R26: counts time-windows, which the deltas after it do not", async () => {
    const site = await OneSite.start();
    const updateTime = new Date(site.clock.now() - 100_000);
    await site.append([delta("CREATE", 1, { topics: ["A"], updateTime })]);
    expect((await site.load("A*TimeWindow60")).deltas).toEqual([]);
    expect((await site.load("A*TimeWindow101")).deltas).toHaveLength(1);
    const position = await site.position(0);
    const batch = await site.fetch({ position, tracking: "transition", topicsSlice: "A*TimeWindow60" });
    expect(batch.deltas.map(inShort)).toEqual(["CREATE 1"]);
  });
});

function applyTo(copy: Map<number, object>, { id: number, oper, leaves, fields }: Given): void {
  if (leaves) copy.delete(number);
  else if (oper === "CREATE" || oper === "FULL") copy.set(number, fields);
  else copy.set(number, { ...copy.get(number), ...fields });
}

describe("a log of two schemas", () => {
  const City2 = deltaClass("City", { name: string(), country: string(), size: int32() });
  const v2 = makeSchema("v2", [City2]);

  it("serves clients of either, by load, deltas and resumption", async () => {
    knownSchemas.set("v2", v2);
    const store = await newStore();
    const before = await OneSite.start({ store });
    await before.append([create(1), create(2)]);
    await before.close();
    const site = await OneSite.start({ store, schema: v2 });
    const change = { techId: id(1), updateTime: new Date(0), topics: ["A"] };
    await site.append([City2.delta({ ...change, oper: "UPDATE", fields: { country: "c" } })], v2);
    // An application of the older version still writes.
    await site.append([delta("UPDATE", 1, { topics: ["A", "B"], fields: { size: 5 } })]);

    const load = await site.load("A");
    expect(new Map(load.deltas.map((one) => [one.id, one.fields]))).toEqual(
      new Map<number, object>([
        [1, { name: "x", size: 5, country: "c" }],
        [2, { name: "x", size: 1 }],
      ]),
    );
    const entering = { position: await site.position(2), tracking: "transition", topicsSlice: "B" } as const;
    const { rows } = await site.fetch(entering);
    expect(givenBy(framesOf(rows), v2)).toMatchObject([{ oper: "FULL", fields: { name: "x", size: 5, country: "c" } }]);
    expect(givenBy(framesOf(rows), schema)[0]!.fields).toEqual({ name: "x", size: 5 });
    const resumed = await site.fetch({ ...entering, position: await site.position(0), topicsSlice: "A" });
    expect(givenBy(framesOf(resumed.rows), schema).map(inShort).sort()).toEqual(["FULL 1", "FULL 2"]);
  });

  it("gives the text of each", async () => {
    const site = await OneSite.start();
    const request = { service: "ReadSchema", clientId: "c1" } as const;
    expect(await site.service.readSchema(request)).toEqual({ schemaName: "v1", schemaText: schema.text });
    await site.store.schemas.put(v2.name, v2.text);
    expect(await site.service.readSchema({ ...request, schemaName: "v2" })).toEqual({
      schemaName: "v2",
      schemaText: v2.text,
    });
    expect(await codeOfRejection(site.service.readSchema({ ...request, schemaName: "v9" }))).toBe("UnknownSchema");
  });
});

describe("the state that a server tells", () => {
  it("says where it stands", async () => {
    const site = await OneSite.start();
    await site.append([create(1)]);
    await site.clock.advance(3_000);
    const { epoch } = await site.store.log.bounds();
    const common = { state: "up", epoch, sequence: 1, schemaName: "v1", upSeconds: 3 };
    expect(site.service.status("delta")).toMatchObject({ ...common, server: "delta", windowFrom: 0 });
    expect(site.service.status("cache")).toMatchObject({ ...common, server: "cache", entities: 1 });
  });
});
