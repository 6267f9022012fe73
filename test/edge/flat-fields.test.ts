import fc from "fast-check";
import { expect, it } from "vitest";
import { changePlainly, type LooseFields, wholePlainly } from "../../src/edge/change-fields.js";
import { flatFieldsOf } from "../../src/edge/flat-fields.js";
import { anyFields, Everything, Owner } from "../delta/any-delta.js";

const Flat = Everything as never;

it("gives by code made for a class what is given without", () => {
  const { whole, changed } = flatFieldsOf(Flat)!;
  fc.assert(
    fc.property(anyFields(Flat, "CREATE"), anyFields(Flat, "UPDATE"), (created, change) => {
      const source = { deltaClass: Flat, fields: created as LooseFields };
      const held = whole(source.fields);
      expect({ ...held }).toStrictEqual(wholePlainly(Flat, source));
      const changedFields = { deltaClass: Flat, fields: change as LooseFields };
      expect(changed(held, changedFields.fields)).toStrictEqual(
        changePlainly({ deltaClass: Flat, fields: held }, changedFields),
      );
    }),
  );
});

it("is not done for classes with parts", () => {
  expect(flatFieldsOf(Owner as never)).toBeUndefined();
});
