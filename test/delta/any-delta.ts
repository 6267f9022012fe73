import fc from "fast-check";
import { deltaClass, type DeltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import {
  boolean,
  bytes,
  dateTime,
  decimal,
  float64,
  guid,
  int32,
  int64,
  json,
  part,
  parts,
  string,
  type Json,
} from "../../src/delta/field-types.js";
import type { Oper } from "../../src/delta/oper.js";
import { makeSchema } from "../../src/delta/schema.js";

export const Line = deltaClass("Line", { digits: string(), cost: decimal() });
export const Phone = deltaClass("Phone", { number: string(), lines: parts(Line) });
export const Base = deltaClass("Base", { name: string() });
export const Owner = deltaClass("Owner", { phones: parts(Phone), home: part(Phone), age: int32() }, { base: Base });
export const Everything = deltaClass("Everything", {
  text: string(),
  whole: int32(),
  large: int64(),
  real: float64(),
  exact: decimal(),
  yes: boolean(),
  moment: dateTime(),
  link: guid(),
  data: bytes(),
  any: json(),
});

/** Delta-classes with every type of field, inheritance, and parts at two depths. */
export const schema = makeSchema("v1", [Line, Phone, Base, Owner, Everything]);

const text = fc.string({ unit: "binary", maxLength: 40 });
const techId = fc.uuid();

const values = {
  text,
  whole: fc.integer(),
  large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  real: fc.double(),
  exact: fc.tuple(fc.integer(), fc.nat({ max: 99 })).map(([a, b]) => `${a}.${b}`),
  yes: fc.boolean(),
  moment: fc.date({ noInvalidDate: true }),
  link: techId,
  data: fc.uint8Array({ maxLength: 40 }),
  any: fc
    .jsonValue()
    .filter((value) => value !== null)
    .map((value) => JSON.parse(JSON.stringify(value)) as Json)
    .filter((value) => value !== null),
};

/** Any subset of the fields, each with a value or null. */
function some(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  const nullable = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, fc.option(value, { freq: 6 })]),
  );
  return fc.record(nullable, { requiredKeys: [] });
}

const distinct = { selector: (one: unknown) => (one as { techId: string }).techId, maxLength: 4 };

function whole(fields: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.tuple(techId, fields).map(([id, rest]) => ({ techId: id, ...rest }));
}

function change(created: fc.Arbitrary<object>, updated: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.oneof(
    fc.record({ oper: fc.constant("CREATE"), techId, fields: created }),
    fc.record({ oper: fc.constant("UPDATE"), techId, fields: updated }),
    fc.record({ oper: fc.constant("DELETE"), techId }),
  );
}

const line = some({ digits: text, cost: values.exact });
const wholePhone = some({ number: text, lines: fc.uniqueArray(whole(line), distinct) });
const changedPhone = some({ number: text, lines: fc.uniqueArray(change(line, line), distinct) });
const phoneChange = change(wholePhone, changedPhone);

const wholeOwner = some({
  name: text,
  age: values.whole,
  phones: fc.uniqueArray(whole(wholePhone), distinct),
  home: whole(wholePhone),
});
const changedOwner = some({
  name: text,
  age: values.whole,
  phones: fc.uniqueArray(phoneChange, distinct),
  home: phoneChange,
});

/** Fields for one oper of one of the two first-class delta-classes. */
export function anyFields(deltaClass: DeltaClass, oper: Oper): fc.Arbitrary<object> {
  if (oper === "REGISTER" || oper === "DELETE") return fc.constant({});
  if ((deltaClass as unknown) === Everything) return some(values);
  return oper === "CREATE" || oper === "FULL" ? wholeOwner : changedOwner;
}

const topics = fc.uniqueArray(fc.constantFrom("A", "B", "C", "#father", "größe", "100%"), { maxLength: 5 });
const version = fc.record({ timeMs: fc.nat(), counter: fc.nat(), site: fc.constantFrom("", "paris", "oslo.2") });
const fieldVersions = fc.array(
  fc.record({
    version,
    fields: fc.uniqueArray(fc.nat({ max: 9 }), { maxLength: 4 }).map((list) => list.sort((a, b) => a - b)),
    partFields: fc.array(
      fc.record({
        steps: fc.array(fc.record({ field: fc.nat({ max: 9 }), techId }), { minLength: 1, maxLength: 2 }),
        field: fc.option(fc.oneof(fc.nat({ max: 9 }), fc.constant("place" as const)), { nil: undefined }),
      }),
      { maxLength: 2 },
    ),
  }),
  { maxLength: 2 },
);

const opers: Oper[] = ["CREATE", "PARTIAL", "FULL", "UPDATE", "REGISTER", "DELETE"];

/** Any delta-object of `schema`. */
export function anyDelta(among: readonly Oper[] = opers): fc.Arbitrary<DeltaObject> {
  return fc
    .tuple(
      fc.constantFrom(...among),
      fc.constantFrom(Owner as unknown as DeltaClass, Everything as unknown as DeltaClass),
    )
    .chain(([oper, deltaClass]) =>
      fc
        .record({
          techId,
          updateTime: fc.date({ min: new Date(-(2 ** 50)), max: new Date(2 ** 50), noInvalidDate: true }),
          topics,
          oldTopics: fc.option(topics),
          fields: anyFields(deltaClass, oper),
          version,
          fieldVersions,
          inCache: fc.boolean(),
          takesSynchronized: fc.boolean(),
          forThisClientAlone: fc.boolean(),
        })
        .map((init) => deltaClass.delta({ oper, ...init })),
    );
}
