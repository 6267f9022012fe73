import { expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { string } from "../../src/delta/field-types.js";
import { Skips } from "../../src/edge/skips.js";

const City = deltaClass("City", { name: string() });
const techId = "00000000-0000-4000-8000-000000000001";

function full(sequence: number): DeltaObject {
  const delta = City.delta({ oper: "FULL", techId, updateTime: new Date(0), forThisClientAlone: true });
  return { ...delta, sequence };
}

it("gives out what the server gave alone where it unregistered last, and not where a call before was not answered", () => {
  const skips = new Skips();
  skips.add([techId], 7);
  expect(skips.filter([full(5), full(7), full(9)], 4).map(({ sequence }) => sequence)).toEqual([7, 9]);
});
