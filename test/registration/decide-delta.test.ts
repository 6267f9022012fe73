import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guidToBytes } from "../../src/base/guid.js";
import { GuidTable } from "../../src/base/guid-table.js";
import { type Oper, operNumbers } from "../../src/delta/oper.js";
import { halfOf, maskOf } from "../../src/registration/client-bit.js";
import { decideDelta, newDeltaDecision } from "../../src/registration/decide-delta.js";
import { RegistrationTable } from "../../src/registration/registration-table.js";
import { decideForOne, type Facts, type Stand } from "./decide-for-one.js";

const CLIENTS = 64;
const bits = Array.from({ length: CLIENTS }, (_, bit) => bit);

const anyFacts = fc.record({ sel: fc.boolean(), selApp: fc.boolean(), vetoApp: fc.boolean(), vetoLoop: fc.boolean() });
const anyDelta = fc.record({
  oper: fc.constantFrom(...(Object.keys(operNumbers) as Oper[])),
  takesSynchronized: fc.boolean(),
  hasRecord: fc.boolean(),
  entity: fc.nat({ max: 3 }),
  /** Clients beyond these are as the first ones are. */
  facts: fc.array(anyFacts, { minLength: 1, maxLength: 7 }),
});

function factsOf(facts: readonly Facts[], bit: number): Facts {
  return facts[bit % facts.length]!;
}

function masksOf(facts: readonly Facts[]) {
  const masks = [0, 1].map(() => ({ sel: 0, selApp: 0, vetoApp: 0, vetoLoop: 0 }));
  for (const bit of bits) {
    for (const name of ["sel", "selApp", "vetoApp", "vetoLoop"] as const) {
      if (factsOf(facts, bit)[name]) masks[halfOf(bit)]![name] |= maskOf(bit);
    }
  }
  return [masks[0]!, masks[1]!] as const;
}

describe("decideDelta", () => {
  it("R12: takes 64 clients through random deltas as the table of the protocol takes each alone", () => {
    fc.assert(
      fc.property(fc.array(anyDelta, { minLength: 1, maxLength: 30 }), (deltas) => {
        const table = new RegistrationTable(new GuidTable({ k0: 1, k1: 2 }));
        const decision = newDeltaDecision();
        const stands = new Map<number, Stand[]>();
        const bytes = new Uint8Array(18);
        for (const { entity, facts, ...delta } of deltas) {
          guidToBytes(`00000000-0000-4000-8000-00000000000${entity}`, bytes, 2);
          decideDelta(table, masksOf(facts), delta, bytes, 2, decision);
          const before = stands.get(entity) ?? bits.map(() => 0);
          const expected = bits.map((bit) => decideForOne(delta, factsOf(facts, bit), before[bit]!));
          const after = expected.map(({ after }) => after);
          stands.set(entity, after);
          const given = bits.map((bit) => {
            const { asIs, full } = decision[halfOf(bit)];
            return (asIs & maskOf(bit)) !== 0 ? "asIs" : (full & maskOf(bit)) !== 0 ? "full" : "nothing";
          });
          expect(given).toEqual(expected.map(({ given }) => given));
          const slot = table.find(bytes, 2);
          const held = bits.map((bit) => (table.isSynchronized(slot, bit) ? 2 : table.isRegistered(slot, bit) ? 1 : 0));
          expect(held).toEqual(after);
        }
        expect(table.count).toBe([...stands.values()].filter((of) => of.some((stand) => stand > 0)).length);
      }),
      { numRuns: 100 },
    );
  });

  it("enters no entity that nobody is registered on", () => {
    const table = new RegistrationTable(new GuidTable({ k0: 1, k1: 2 }));
    const none = { sel: 0, selApp: 0, vetoApp: 0, vetoLoop: 0 };
    const delta = { oper: "CREATE", takesSynchronized: false, hasRecord: true } as const;
    decideDelta(table, [none, none], delta, new Uint8Array(16), 0, newDeltaDecision());
    expect([table.count, table.heldBytes]).toEqual([
      0,
      new RegistrationTable(new GuidTable({ k0: 1, k1: 2 })).heldBytes,
    ]);
  });
});
