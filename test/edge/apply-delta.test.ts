import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "../../src/base/byte-reader.js";
import { decodeDeltaBuffer, encodeDeltaBuffer, readEncodedDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import { decodeDelta } from "../../src/delta/delta-codec.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { readEncodedDelta } from "../../src/delta/encoded-delta.js";
import { int32, part, parts, string } from "../../src/delta/field-types.js";
import { mergeRecord, type SchemaDelta } from "../../src/delta/merge-record.js";
import { makeSchema, type Schema } from "../../src/delta/schema.js";
import { applyDelta } from "../../src/edge/apply-delta.js";
import type { Entity } from "../../src/edge/entity.js";
import { appTopics } from "../../src/topics/topics-list.js";
import { anyDelta, schema } from "../delta/any-delta.js";
import { id, person, Person, updateTime } from "./answers.js";

/** Gives a delta-object as it arrives. */
function received(delta: DeltaObject, of: Schema = schema): DeltaObject {
  return decodeDeltaBuffer(of, encodeDeltaBuffer(of, [delta]))[0]!;
}

/** What a cache makes of the deltas: the record that a load would bring. */
function cached(deltas: readonly DeltaObject[], of: Schema): DeltaObject {
  let held: SchemaDelta | undefined;
  for (const delta of deltas) {
    const encoded = readEncodedDeltaBuffer(encodeDeltaBuffer(of, [delta])).deltas[0]!;
    const record = mergeRecord(held, { encoded, schema: of }, appTopics(delta.topics)).slice();
    held = { encoded: readEncodedDelta(new ByteReader(record)), schema: of };
  }
  return decodeDelta(held!.encoded, of);
}

/** A delta-object of the same entity and class as another one. */
function sameEntity(delta: DeltaObject, first: DeltaObject): DeltaObject {
  return { ...delta, techId: first.techId };
}

describe("applyDelta", () => {
  it("R36: gives by deltas what a load brings, parts at any depth included", () => {
    const history = fc.tuple(
      anyDelta(["CREATE"]),
      fc.array(anyDelta(["PARTIAL", "UPDATE", "FULL", "CREATE"]), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(history, ([create, others]) => {
        const deltas = [create, ...others.filter((delta) => delta.deltaClass === create.deltaClass)].map((delta) =>
          sameEntity(delta, create),
        );
        let entity: Entity | undefined;
        for (const delta of deltas) entity = applyDelta(entity, received(delta));
        expect(entity).toEqual(applyDelta(undefined, cached(deltas, schema)));
      }),
      { numRuns: 300 },
    );
  });

  it("gives by deltas of parts that share tech-ids what a load brings", () => {
    const ids = fc.integer({ min: 1, max: 3 }).map(id);
    const change = fc.oneof(
      fc.record({
        oper: fc.constantFrom("CREATE" as const, "UPDATE" as const),
        techId: ids,
        fields: fc.record({ number: fc.option(fc.string()) }, { requiredKeys: [] }),
      }),
      fc.record({ oper: fc.constant("DELETE" as const), techId: ids }),
    );
    const list = fc.uniqueArray(change, { selector: (one) => one.techId, maxLength: 3 });
    const fields = fc.record({ phones: fc.option(list), home: fc.option(change) }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 8 }), (updates) => {
        const deltas = [
          Owner.delta({
            oper: "CREATE",
            techId: id(9),
            updateTime,
            fields: { phones: [{ techId: id(1), number: "1" }] },
          }),
          ...updates.map((one) => Owner.delta({ oper: "UPDATE", techId: id(9), updateTime, fields: one })),
        ] as DeltaObject[];
        let entity: Entity | undefined;
        for (const delta of deltas) entity = applyDelta(entity, received(delta, owners));
        expect(entity).toEqual(applyDelta(undefined, cached(deltas, owners)));
      }),
      { numRuns: 500 },
    );
  });

  it("changes nothing that it is given", () => {
    fc.assert(
      fc.property(anyDelta(["CREATE"]), anyDelta(["UPDATE"]), (create, update) => {
        fc.pre(create.deltaClass === update.deltaClass);
        const entity = deepFreeze(applyDelta(undefined, received(create)));
        applyDelta(entity, deepFreeze(received(sameEntity(update, create))));
      }),
    );
  });

  it("gives every field of the class, null where there is no value, and the application's topics", () => {
    const entity = applyDelta(
      undefined,
      person(1, { topics: ["A", "#father"], fields: { name: "Ada", phones: [{ techId: id(7) }] } }),
    );
    expect(entity).toEqual({
      deltaClass: Person,
      techId: id(1),
      updateTime,
      topics: ["A"],
      fields: { name: "Ada", age: null, phones: [{ techId: id(7), number: null }] },
    });
  });

  it("takes the UpdateTime and the topics of a change", () => {
    const later = new Date(updateTime.getTime() + 1);
    const entity = applyDelta(undefined, person(1, { fields: { name: "Ada", age: 1 } }));
    const update = person(1, { oper: "PARTIAL", updateTime: later, topics: ["B"], fields: { age: null } });
    expect(applyDelta(entity, update)).toMatchObject({
      updateTime: later,
      topics: ["B"],
      fields: { name: "Ada", age: null },
    });
  });

  it("R36: replaces by CREATE and FULL, removes by DELETE and by leaving, and leaves alone by REGISTER", () => {
    const entity = applyDelta(undefined, person(1, { fields: { name: "Ada", age: 1 } }));
    for (const oper of ["CREATE", "FULL"] as const) {
      expect(applyDelta(entity, person(1, { oper, fields: { name: "Eve" } }))?.fields).toMatchObject({
        name: "Eve",
        age: null,
      });
    }
    expect(applyDelta(entity, person(1, { oper: "DELETE" }))).toBeUndefined();
    expect(applyDelta(entity, person(1, { oper: "UPDATE", leaves: true }))).toBeUndefined();
    expect(applyDelta(entity, person(1, { oper: "REGISTER", fields: {} }))).toBe(entity);
    expect(applyDelta(undefined, person(1, { oper: "DELETE" }))).toBeUndefined();
    expect(applyDelta(undefined, person(1, { oper: "UPDATE", leaves: true }))).toBeUndefined();
  });

  it("R36: throws Entity for a change of an entity that is not held", () => {
    for (const oper of ["PARTIAL", "UPDATE"] as const) {
      expect(() => applyDelta(undefined, person(1, { oper }))).toThrow(expect.objectContaining({ code: "Entity" }));
    }
  });

  it("carries an entity over to the class of a newer schema, by the names of its fields", () => {
    const NewPhone = deltaClass("Phone", { number: string(), kind: string() });
    const NewPerson = deltaClass("Person", { age: string(), phones: parts(NewPhone), name: string(), size: int32() });
    const entity = applyDelta(
      undefined,
      person(1, { fields: { name: "Ada", age: 1, phones: [{ techId: id(7), number: "1" }] } }),
    );
    const update = NewPerson.delta({ oper: "UPDATE", techId: id(1), updateTime, topics: ["A"], fields: { size: 2 } });
    expect(applyDelta(entity, update as DeltaObject)).toMatchObject({
      deltaClass: NewPerson,
      // Its age is of another type: nothing of it can be taken over.
      fields: { age: null, phones: [{ techId: id(7), number: "1", kind: null }], name: "Ada", size: 2 },
    });
  });
});

const Phone = deltaClass("Phone", { number: string() });
const Owner = deltaClass("Owner", { phones: parts(Phone), home: part(Phone) });
const owners = makeSchema("owners", [Phone, Owner]);

function deepFreeze<T>(value: T): T {
  // Typed arrays cannot be frozen.
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
