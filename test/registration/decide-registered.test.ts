import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Oper } from "../../src/delta/oper.js";
import { operNumbers } from "../../src/delta/oper.js";
import { type DecidedDelta, decideRegistered, HalfDecision } from "../../src/registration/decide-registered.js";
import type { HalfMasks } from "../../src/registration/slice-masks.js";
import { decideForOne, type Stand } from "./decide-for-one.js";

const opers = Object.keys(operNumbers) as Oper[];
const mask = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1 << 31, 1));

function has(bits: number, bit: number): boolean {
  return ((bits >>> bit) & 1) === 1;
}

function standOf(registered: number, synchronized: number, bit: number): Stand {
  return has(synchronized, bit) ? 2 : has(registered, bit) ? 1 : 0;
}

/** Asks for each of the 32 clients whether the masks say what the table of the protocol says for it alone. */
function expectSame(delta: DecidedDelta, masks: HalfMasks, registered: number, synchronized: number): void {
  const decision = new HalfDecision();
  Object.assign(decision, { asIs: -1, full: -1, registered: -1, synchronized: -1 });
  decideRegistered(delta, masks, registered, synchronized, decision);
  const [decided, expected] = [[], []] as [object[], object[]];
  for (let bit = 0; bit < 32; bit++) {
    const facts = {
      sel: has(masks.sel, bit),
      selApp: has(masks.selApp, bit),
      vetoApp: has(masks.vetoApp, bit),
      vetoLoop: has(masks.vetoLoop, bit),
    };
    const { given, after } = decideForOne(delta, facts, standOf(registered, synchronized, bit));
    expected.push({ asIs: given === "asIs", full: given === "full", registered: after > 0, synchronized: after > 1 });
    decided.push({
      asIs: has(decision.asIs, bit),
      full: has(decision.full, bit),
      registered: has(decision.registered, bit),
      synchronized: has(decision.synchronized, bit),
    });
  }
  expect(decided).toEqual(expected);
}

describe("decideRegistered", () => {
  it.each(opers)("R12: decides %s for 32 clients as for each alone", (oper) => {
    const delta = fc.record({ oper: fc.constant(oper), takesSynchronized: fc.boolean(), hasRecord: fc.boolean() });
    const masks = fc.record({ sel: mask, selApp: mask, vetoApp: mask, vetoLoop: mask });
    fc.assert(
      fc.property(delta, masks, mask, mask, (delta, masks, registered, some) =>
        expectSame(delta, masks, registered, registered & some),
      ),
      { numRuns: 300 },
    );
  });

  it.each(opers)("R12: decides %s right in every case there is", (oper) => {
    // Each of the 16 cases of facts has two bits side by side: nobody is registered first, then both are and one synchronized.
    const facts = Array.from({ length: 16 }, (_, number) => number);
    const spread = (bit: number): number =>
      facts.reduce((bits, of) => (has(of, bit) ? bits | (3 << (of * 2)) : bits), 0);
    const masks = { sel: spread(0), selApp: spread(1), vetoApp: spread(2), vetoLoop: spread(3) };
    for (const takesSynchronized of [false, true]) {
      for (const hasRecord of [false, true]) {
        const delta = { oper, takesSynchronized, hasRecord };
        expectSame(delta, masks, 0, 0);
        expectSame(delta, masks, -1, 0x55555555);
      }
    }
  });

  it("R18: needs the cache for the FULL of an UPDATE only, and says nothing of who could not be given it", () => {
    const decision = new HalfDecision();
    const masks = { sel: 0b111, selApp: 0b111, vetoApp: 0, vetoLoop: 0 };
    const delta = { oper: "UPDATE", takesSynchronized: false } as const;
    decideRegistered({ ...delta, hasRecord: false }, masks, 0b011, 0b001, decision);
    expect(decision).toEqual({ asIs: 0b001, full: 0, registered: 0b011, synchronized: 0b001 });
    decideRegistered({ ...delta, hasRecord: true }, masks, 0b011, 0b001, decision);
    expect(decision).toEqual({ asIs: 0b001, full: 0b110, registered: 0b111, synchronized: 0b111 });
  });
});
