import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeltaClass, PartDelta } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { isPart, type FieldType } from "../../src/delta/field-type.js";
import type { Entity, PartChange } from "../../src/entities/entity.js";
import type { Unit } from "../../src/entities/unit.js";
import { openMemory } from "../store/sqlite-files.js";
import { all, entitiesOf, everyDelta, id, logged, Party, Person, type Phone } from "./entities-setup.js";

type Fields = Readonly<Record<string, unknown>>;
type FieldsOfPhone = typeof Phone extends DeltaClass<infer F> ? F : never;
type Part = Fields & { readonly techId: string };

/** What a reader of the log holds: the simplest thing that applies deltas. */
class Copy {
  readonly entities = new Map<string, { deltaClass: DeltaClass; topics: readonly string[]; fields: Fields }>();

  apply({ deltaClass, oper, techId, topics, oldTopics, fields }: DeltaObject): void {
    const held = this.entities.get(techId);
    expect(oldTopics).toEqual(held?.topics ?? null);
    if (oper === "DELETE") this.entities.delete(techId);
    else if (oper === "CREATE") this.entities.set(techId, { deltaClass, topics, fields: whole(deltaClass, fields) });
    else this.entities.set(techId, { deltaClass, topics, fields: changed(deltaClass, held!.fields, fields) });
  }
}

function whole(deltaClass: DeltaClass, fields: Fields): Fields {
  return Object.fromEntries(deltaClass.fields.map(({ name, type }) => [name, wholeValue(type, fields[name] ?? null)]));
}

function wholeValue(type: FieldType, value: unknown): unknown {
  if (!isPart(type) || value === null) return type.kind === "parts" ? [] : value;
  const one = (part: Part): Part => ({ techId: part.techId, ...whole(type.deltaClass, part) });
  return type.kind === "parts" ? (value as Part[]).map(one) : one(value as Part);
}

function changed(deltaClass: DeltaClass, held: Fields, fields: Fields): Fields {
  const result: Record<string, unknown> = { ...held };
  for (const [name, value] of Object.entries(fields)) {
    const { type } = deltaClass.field(name)!;
    if (!isPart(type)) result[name] = value;
    else if (type.kind === "parts")
      result[name] = changedParts(type.deltaClass, held[name] as Part[], value as PartDelta[]);
    else result[name] = changedPart(type.deltaClass, held[name] as Part | null, value as PartDelta);
  }
  return result;
}

function changedPart(deltaClass: DeltaClass, held: Part | null, delta: PartDelta): Part | null {
  if (delta.oper === "DELETE") return null;
  if (delta.oper === "CREATE") return { techId: delta.techId, ...whole(deltaClass, delta.fields ?? {}) };
  const { techId, ...fields } = held!;
  expect(techId).toBe(delta.techId);
  return { techId, ...changed(deltaClass, fields, delta.fields ?? {}) };
}

function changedParts(deltaClass: DeltaClass, held: readonly Part[], deltas: readonly PartDelta[]): Part[] {
  const parts = new Map(held.map((part) => [part.techId, part]));
  for (const delta of deltas) {
    expect(parts.has(delta.techId)).toBe(delta.oper !== "CREATE");
    const after = changedPart(deltaClass, parts.get(delta.techId) ?? null, delta);
    if (after === null) parts.delete(delta.techId);
    else parts.set(delta.techId, after);
  }
  const named = deltas.filter(({ oper }) => oper !== "DELETE").map(({ techId }) => techId);
  return named.length === parts.size ? named.map((techId) => parts.get(techId)!) : [...parts.values()];
}

const text = fc.constantFrom("x", "y", "");
const line = fc.record({ techId: fc.nat(3).map((at) => id(at + 200)), digits: text }, { requiredKeys: ["techId"] });
const byTechId = { selector: (one: { techId: string }) => one.techId };
const lines = fc.uniqueArray(line, { ...byTechId, maxLength: 3 });
const phone = fc.record(
  { techId: fc.nat(3).map((at) => id(at + 100)), number: text, lines, best: fc.option(line) },
  { requiredKeys: ["techId"] },
);
const phones = fc.uniqueArray(phone, { ...byTechId, maxLength: 4 });
const fields = fc.record(
  {
    name: fc.option(text),
    city: fc.option(fc.constantFrom("Rome", "Oslo")),
    born: fc.option(fc.constantFrom(new Date(0), new Date(1))),
    phones: fc.oneof(phones, fc.constant(null)),
    home: fc.option(phone),
  },
  { requiredKeys: [] },
);
/** Second-class deltas among the phones that there are: which, by index, and what becomes of it. */
const changes = fc.uniqueArray(
  fc.record({ index: fc.nat(4), oper: fc.constantFrom("CREATE", "UPDATE", "DELETE"), number: text }),
  { selector: ({ index }) => index, minLength: 1, maxLength: 3 },
);

const techId = fc.nat(5).map((at) => id(at + 1));
const step = fc.oneof(
  fc.record({ kind: fc.constant("create" as const), techId, fields }),
  fc.record({ kind: fc.constant("update" as const), techId, fields }),
  fc.record({ kind: fc.constant("change" as const), techId, changes }),
  fc.record({ kind: fc.constant("remove" as const), techId }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Within one entity, tech-ids of parts differ. */
function isValid(given: Fields): boolean {
  const inner = ((given["phones"] ?? []) as Fields[]).flatMap((one) => (one["lines"] ?? []) as Part[]);
  const best = ((given["phones"] ?? []) as Fields[]).flatMap((one) => (one["best"] ? [one["best"] as Part] : []));
  return [inner, best].every((list) => new Set(list.map((part) => part.techId)).size === list.length);
}

async function run(unit: Unit, one: Step): Promise<void> {
  const held = await unit.get(Party, one.techId);
  if (one.kind === "create") {
    if (held === undefined && isValid(one.fields)) await unit.create(Person, one.fields, { techId: one.techId });
  } else if (held === undefined) return;
  else if (one.kind === "remove") await unit.remove(Party, one.techId);
  else if (one.kind === "update") {
    if (isValid({ ...held.fields, ...one.fields })) await unit.update(Person, one.techId, one.fields);
  } else await change(unit, held, one.changes);
}

async function change(
  unit: Unit,
  held: Entity,
  given: readonly { index: number; oper: string; number: string }[],
): Promise<void> {
  const list = (held.fields as Fields)["phones"] as Part[];
  const deltas = given.flatMap(({ index, oper, number }): PartChange<FieldsOfPhone>[] => {
    const part = list[index];
    if (oper === "CREATE") return [{ oper: "CREATE", fields: { number } }];
    if (part === undefined) return [];
    return [{ oper: oper as "UPDATE" | "DELETE", techId: part.techId, fields: { number } }];
  });
  await unit.update(Person, held.techId, { phones: deltas });
}

describe("the log of Entities", () => {
  it("says what the tables hold, whatever was done, committed or not", async () => {
    const transaction = fc.record({ steps: fc.array(step, { maxLength: 6 }), fails: fc.nat(5).map((n) => n === 0) });
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { maxLength: 6 }), async (transactions) => {
        const { store, cleanup } = await openMemory();
        try {
          const entities = entitiesOf(store);
          for (const { steps, fails } of transactions) {
            const work = entities.transaction(async (unit) => {
              for (const one of steps) await run(unit, one);
              if (fails) throw new RangeError("on purpose");
            });
            if (fails) await expect(work).rejects.toThrow(RangeError);
            else await work;
          }
          const copy = new Copy();
          for (const delta of await logged(store)) copy.apply(delta);
          const list = await all(entities.list(Party));
          expect(
            new Map(list.map(({ techId, deltaClass, topics, fields }) => [techId, { deltaClass, topics, fields }])),
          ).toEqual(copy.entities);
          const loaded = new Copy();
          for (const delta of await everyDelta(entities, store)) loaded.apply(delta);
          expect(loaded.entities).toEqual(copy.entities);
        } finally {
          await cleanup();
        }
      }),
      { numRuns: 150 },
    );
  });
});
