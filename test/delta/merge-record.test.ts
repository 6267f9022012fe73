import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeDelta } from "../../src/delta/delta-codec.js";
import { encodeDeltaBuffer, readEncodedDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { EncodedDelta } from "../../src/delta/encoded-delta.js";
import { boolean, int32, parts, string } from "../../src/delta/field-types.js";
import { readEncodedDelta } from "../../src/delta/encoded-delta.js";
import { mergeRecord, type SchemaDelta } from "../../src/delta/merge-record.js";
import { makeSchema, type Schema } from "../../src/delta/schema.js";
import { ByteReader } from "../../src/base/byte-reader.js";
import { anyDelta, schema } from "./any-delta.js";

function encoded(of: Schema, delta: DeltaObject): SchemaDelta {
  return { schema: of, encoded: readEncodedDeltaBuffer(encodeDeltaBuffer(of, [delta])).deltas[0]! };
}

function record(of: Schema, bytes: Uint8Array): SchemaDelta {
  return { schema: of, encoded: readEncodedDelta(new ByteReader(bytes.slice())) };
}

type Fields = Record<string, unknown>;
type Part = { oper?: string; techId: string; fields?: Fields };

/** What merging has to give, said a second time over plain objects. */
function naive(held: Fields, change: Fields): Fields {
  const result = new Map(Object.entries(held));
  for (const [name, value] of Object.entries(change)) {
    if (value === null) result.delete(name);
    else if (name === "phones" || name === "lines")
      result.set(name, naiveList((held[name] ?? []) as Part[], value as Part[]));
    else if (name === "home") naiveSingle(result, name, value as Part);
    else result.set(name, value);
  }
  return Object.fromEntries<unknown>(result);
}

function naiveSingle(result: Map<string, unknown>, name: string, change: Part): void {
  const held = result.get(name) as Part | undefined;
  if (change.oper === "DELETE") {
    if (held?.techId === change.techId) result.delete(name);
  } else result.set(name, naiveList(held === undefined ? [] : [held], [change]).at(-1));
}

function naiveList(held: Part[], changes: Part[]): Part[] {
  let list = [...held];
  for (const { oper, techId, fields = {} } of changes) {
    const at = list.findIndex((one) => one.techId === techId);
    if (oper === "DELETE") list = list.filter((one) => one.techId !== techId);
    else {
      const before: Fields = oper === "UPDATE" && at >= 0 ? { ...list[at] } : {};
      const after = { ...(oper === "CREATE" ? withoutNulls(fields) : naive(before, fields)), techId };
      if (at >= 0) list[at] = after;
      else list.push(after);
    }
  }
  const named = changes.filter(({ oper }) => oper !== "DELETE").map(({ techId }) => techId);
  // Deltas that name every part that is left say their order, too.
  if (list.every(({ techId }) => named.includes(techId)))
    list.sort((a, b) => named.indexOf(a.techId) - named.indexOf(b.techId));
  return list;
}

function withoutNulls(value: unknown): Fields {
  if (Array.isArray(value)) return value.map(withoutNulls) as unknown as Fields;
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array)
    return value as Fields;
  return Object.fromEntries<unknown>(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([name, one]) => [name, name === "any" ? one : withoutNulls(one)]),
  );
}

describe("mergeRecord", () => {
  it("gives what applying the changes to plain objects gives", () => {
    const run = anyDelta(["CREATE"]).chain((create) =>
      fc.tuple(
        fc.constant(create),
        fc.array(
          anyDelta(["PARTIAL", "UPDATE"]).filter((delta) => delta.deltaClass === create.deltaClass),
          { maxLength: 4 },
        ),
      ),
    );
    fc.assert(
      fc.property(run, ([create, changes]) => {
        let held = record(schema, mergeRecord(undefined, encoded(schema, create), create.topics));
        let expected = withoutNulls(create.fields);
        for (const change of changes) {
          held = record(schema, mergeRecord(held, encoded(schema, change), change.topics));
          expected = naive(expected, change.fields);
        }
        const decoded = decodeDelta(held.encoded, schema);
        // A part may stand as it came, with a null told; in a whole object that means the same as its absence.
        expect(withoutNulls(decoded.fields)).toEqual(withoutNulls(expected));
        expect(decoded.oper).toBe("CREATE");
        expect(decoded.topics).toEqual((changes.at(-1) ?? create).topics);
        expect(decoded.inCache).toBe(create.inCache);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps the version of each field", () => {
    const City = deltaClass("City", { name: string(), size: int32(), capital: boolean() });
    const cities = makeSchema("v1", [City]);
    const common = { techId: "0f8fad5b-d9cb-469f-a165-70867728950e", updateTime: new Date(9) };
    const v = (timeMs: number) => ({ timeMs, counter: 0, site: "x" });
    const create = City.delta({ ...common, oper: "CREATE", fields: { name: "a", size: 1 }, version: v(1) });
    const first = City.delta({ ...common, oper: "UPDATE", fields: { size: 2 }, version: v(2) });
    const late = City.delta({ ...common, oper: "UPDATE", fields: { capital: null }, version: v(1.0) });
    let held = record(cities, mergeRecord(undefined, encoded(cities, create), []));
    held = record(cities, mergeRecord(held, encoded(cities, first), []));
    expect(held.encoded.version).toEqual(v(2));
    expect(held.encoded.fieldVersions).toMatchObject([{ version: v(1), fields: [0, 2] }]);
    held = record(cities, mergeRecord(held, encoded(cities, late), []));
    expect(held.encoded.version).toEqual(v(2));
    expect(held.encoded.fieldVersions).toMatchObject([{ version: v(1), fields: [0, 2] }]);
  });

  it("puts a record into the schema of the change", () => {
    const Phone1 = deltaClass("Phone", { number: string() });
    const City1 = deltaClass("City", { name: string(), old: string(), phones: parts(Phone1) });
    const Phone2 = deltaClass("Phone", { kind: string(), number: string() });
    const City2 = deltaClass("City", { added: int32(), phones: parts(Phone2), name: string() });
    const v1 = makeSchema("v1", [Phone1, City1]);
    const v2 = makeSchema("v2", [Phone2, City2]);
    const common = { techId: "0f8fad5b-d9cb-469f-a165-70867728950e", updateTime: new Date(9) };
    const phone = { techId: "0f8fad5b-d9cb-469f-a165-000000000001", number: "1" };
    const create = City1.delta({ ...common, oper: "CREATE", fields: { name: "a", old: "x", phones: [phone] } });
    const change = City2.delta({ ...common, oper: "UPDATE", fields: { added: 7 } });
    const merged = record(v2, mergeRecord(encoded(v1, create), encoded(v2, change), ["T"]));
    expect(decodeDelta(merged.encoded, v2).fields).toEqual({ added: 7, name: "a", phones: [phone] });
  });

  it("copies damaged values as they are", () => {
    fc.assert(
      fc.property(
        anyDelta(["CREATE"]),
        anyDelta(["UPDATE"]),
        fc.integer({ min: 0, max: 255 }),
        (create, change, noise) => {
          fc.pre(create.deltaClass === change.deltaClass);
          const damage = ({ encoded: one }: SchemaDelta): void => void one.bytes.fill(noise, one.bodyAt, one.end);
          const [held, update] = [encoded(schema, create), encoded(schema, change)];
          const sound = bodyOf(record(schema, mergeRecord(held, update, [])).encoded);
          damage(held);
          damage(update);
          const damaged = bodyOf(record(schema, mergeRecord(held, update, [])).encoded);
          expect(damaged).toEqual(new Uint8Array(sound.length).fill(noise));
        },
      ),
    );
  });
});

function bodyOf({ bytes, bodyAt, end }: EncodedDelta): Uint8Array {
  return bytes.slice(bodyAt, end);
}
