import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeltaBufferError, LiveDistError } from "../../src/base/errors.js";
import { newTechId } from "../../src/base/guid.js";
import { FIELDS_MAX } from "../../src/base/limits.js";
import {
  decodeDeltaBuffer,
  encodeDeltaBuffer,
  readEncodedDeltaBuffer,
  schemaNameOf,
} from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { boolean, dateTime, int32, part, parts, string } from "../../src/delta/field-types.js";
import { makeSchema, parseSchema } from "../../src/delta/schema.js";
import { anyDelta, schema, Everything, Owner } from "./any-delta.js";

const techId = "0f8fad5b-d9cb-469f-a165-70867728950e";
const updateTime = new Date("2026-01-02T03:04:05.678Z");

describe("delta-buffer", () => {
  it("gives back what was encoded", () => {
    fc.assert(
      fc.property(fc.array(anyDelta(), { maxLength: 5 }), (deltas) => {
        expect(decodeDeltaBuffer(schema, encodeDeltaBuffer(schema, deltas))).toEqual(deltas);
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same through a schema read from its text", () => {
    const read = parseSchema(schema.name, schema.text);
    expect(read.text).toBe(schema.text);
    fc.assert(
      fc.property(anyDelta(), (delta) => {
        const decoded = decodeDeltaBuffer(read, encodeDeltaBuffer(schema, [delta]));
        expect(decoded.map(plain)).toEqual([delta].map(plain));
      }),
    );
  });

  it("throws only DeltaBufferError for damaged bytes", () => {
    fc.assert(
      fc.property(
        fc.array(anyDelta(), { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat()),
        (deltas, damages, cut) => {
          const bytes = encodeDeltaBuffer(schema, deltas);
          for (const [at, byte] of damages) bytes[at % bytes.length] = byte;
          expectOnlyDeltaBufferError(cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("throws only DeltaBufferError for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, withHead) => {
        const head = encodeDeltaBuffer(schema, []);
        expectOnlyDeltaBufferError(withHead ? Uint8Array.of(...head, ...noise) : noise);
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses hostile counts without allocating for them", () => {
    // A topics-list that claims 2^40 topics.
    const good = encodeDeltaBuffer(schema, [Owner.delta({ oper: "DELETE", techId, updateTime })]);
    const { deltas } = readEncodedDeltaBuffer(good);
    const topicsAt = deltas[0]!.end - 2;
    const hostile = Uint8Array.of(...good.subarray(0, topicsAt), 0x80, 0x80, 0x80, 0x80, 0x80, 0x20);
    hostile[deltas[0]!.start]! += 4;
    expect(() => decodeDeltaBuffer(schema, hostile)).toThrow(DeltaBufferError);
  });

  it("refuses field versions of more fields than a class can have: each bit takes many times its place in memory", () => {
    const version = { timeMs: 1, counter: 0, site: "paris" };
    const versioned = (field: number): DeltaObject => {
      const delta = Owner.delta({ oper: "PARTIAL", techId, updateTime, fields: { name: "Ada" } });
      return { ...delta, fieldVersions: [{ version, fields: [field] }] };
    };
    expect(decodeDeltaBuffer(schema, encodeDeltaBuffer(schema, [versioned(FIELDS_MAX - 1)]))).toHaveLength(1);
    expect(() => decodeDeltaBuffer(schema, encodeDeltaBuffer(schema, [versioned(FIELDS_MAX + 8)]))).toThrow(
      DeltaBufferError,
    );
  });

  it("tells null from not modified", () => {
    const delta = Everything.delta({ oper: "PARTIAL", techId, updateTime, fields: { text: null } });
    const [decoded] = decodeDeltaBuffer(schema, encodeDeltaBuffer(schema, [delta]));
    expect(decoded!.fields).toStrictEqual({ text: null });
  });

  it("names an unknown schema", () => {
    const other = makeSchema("v9", schema.classes);
    const buffer = encodeDeltaBuffer(other, []);
    expect(schemaNameOf(buffer)).toBe("v9");
    expect(() => decodeDeltaBuffer(schema, buffer)).toThrow(
      expect.objectContaining({ code: "UnknownSchema" }) as LiveDistError,
    );
  });

  it("maps the fields of another schema by name", () => {
    const New = deltaClass("Owner", {
      added: int32(),
      name: string(),
      phones: parts(deltaClass("Phone", { extra: boolean(), number: string() })),
    });
    const NewPhone = New.field("phones")!.type as ReturnType<typeof parts>;
    const newer = makeSchema("v2", [NewPhone.deltaClass, New]);
    const delta = New.delta({
      oper: "CREATE",
      techId,
      updateTime,
      fields: { added: 1, name: "Ada", phones: [{ techId: newTechId(), extra: true, number: "1" }] },
    });
    const [decoded] = decodeDeltaBuffer({ own: schema, named: () => newer }, encodeDeltaBuffer(newer, [delta]));
    expect(decoded!.deltaClass).toBe(Owner);
    expect(decoded!.fields).toMatchObject({ name: "Ada", phones: [{ number: "1" }] });
    expect(JSON.stringify(decoded!.fields)).not.toContain("extra");
  });

  it("pins the bytes of the format", () => {
    // A change here changes the wire: clients of the version before can no longer read it.
    const Phone = deltaClass("Phone", { number: string() });
    const Party = deltaClass("Party", { name: string() });
    const Person = deltaClass("Person", { born: dateTime(), phones: parts(Phone), home: part(Phone) }, { base: Party });
    const pinned = makeSchema("v1", [Phone, Party, Person]);
    const phone = "00000000-0000-4000-8000-000000000001";
    const create = Person.delta({
      oper: "CREATE",
      techId,
      updateTime,
      topics: ["#father", "T2"],
      fields: { name: "Ada", born: new Date(0), phones: [{ techId: phone, number: "1" }] },
    });
    const update = Person.delta({
      oper: "UPDATE",
      techId,
      updateTime,
      topics: ["T3"],
      oldTopics: ["T2"],
      fields: { name: null, phones: [{ oper: "UPDATE", techId: phone, fields: { number: "é" } }] },
      version: { timeMs: updateTime.getTime() + 1, counter: 2, site: "paris" },
      fieldVersions: [
        {
          version: { timeMs: 5, counter: 0, site: "" },
          fields: [1],
          partFields: [{ steps: [{ field: 2, techId: phone }], field: 0 }],
        },
      ],
      leaves: false,
      takesSynchronized: true,
      inCache: false,
    });
    const buffer = encodeDeltaBuffer(pinned, [create, update]);
    expect(Buffer.from(buffer).toString("hex")).toMatchInlineSnapshot(
      `"010276314a0101020f8fad5bd9cb469fa16570867728950eae9ea6e5b733000000020723666174686572025432150e03010000000000004000800000000000000102014164610000000000000000315c0454020f8fad5bd9cb469fa16570867728950eaf9ea6e5b733020570617269730101025433010254320105000001020101020000000000004000800000000000000101160b010104000000000000400080000000000000010202c3a9"`,
    );
    expect(decodeDeltaBuffer(pinned, buffer)).toEqual([create, update]);
  });

  it("refuses fields that do not fit", () => {
    const init = { oper: "CREATE", techId, updateTime } as const;
    const refuse = (fields: object): void => {
      expect(() => Everything.delta({ ...init, fields })).toThrow(DeltaBufferError);
    };
    refuse({ nothing: 1 });
    refuse({ text: 1 });
    refuse({ text: "\ud800" });
    refuse({ whole: 2 ** 31 });
    refuse({ whole: 0.5 });
    refuse({ large: 1 });
    refuse({ large: 2n ** 63n });
    refuse({ exact: "1e5" });
    refuse({ yes: 1 });
    refuse({ moment: new Date(NaN) });
    refuse({ link: "x" });
    refuse({ data: [1] });
    refuse({ any: () => 1 });
    expect(() => Owner.delta({ ...init, fields: { phones: [{ techId: "x", number: "1" }] } })).toThrow(
      DeltaBufferError,
    );
    expect(() => Owner.delta({ ...init, oper: "UPDATE", fields: { phones: [{ number: "1" }] } })).toThrow(
      DeltaBufferError,
    );
    expect(() => Owner.delta({ ...init, oper: "DELETE", fields: { name: "1" } })).toThrow(DeltaBufferError);
  });

  it("reads headers without looking at a byte of a body", () => {
    fc.assert(
      fc.property(anyDelta(), fc.integer({ min: 0, max: 255 }), (delta, noise) => {
        const bytes = encodeDeltaBuffer(schema, [delta]);
        const [before] = readEncodedDeltaBuffer(bytes).deltas;
        const damaged = bytes.slice();
        damaged.fill(noise, before!.bodyAt, before!.end);
        const [after] = readEncodedDeltaBuffer(damaged).deltas;
        expect({ ...after, bytes: 0 }).toEqual({ ...before, bytes: 0 });
      }),
    );
  });
});

function plain(delta: DeltaObject): object {
  return { ...delta, deltaClass: delta.deltaClass.name };
}

function expectOnlyDeltaBufferError(bytes: Uint8Array): void {
  try {
    decodeDeltaBuffer(schema, bytes);
  } catch (error) {
    if (error instanceof LiveDistError && error.code === "UnknownSchema") return;
    expect(error).toBeInstanceOf(DeltaBufferError);
  }
}
