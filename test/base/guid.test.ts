import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { bytesToGuid, guidToBytes, isGuid, newTechId } from "../../src/base/guid.js";

const sample = "00112233-4455-6677-8899-aabbccddeeff";

describe("guid", () => {
  it("has bytes in the order of its digits", () => {
    const bytes = new Uint8Array(18);
    guidToBytes(sample, bytes, 1);
    expect([...bytes]).toEqual([
      0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0,
    ]);
    expect(bytesToGuid(bytes, 1)).toBe(sample);
  });

  it("goes to bytes and back, from either case to lower case", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (guid, upper) => {
        const text = upper ? guid.toUpperCase() : guid;
        const bytes = new Uint8Array(16);
        guidToBytes(text, bytes, 0);
        expect(isGuid(text)).toBe(true);
        expect(bytesToGuid(bytes, 0)).toBe(guid.toLowerCase());
      }),
    );
  });

  it("is told apart from every other text as a regular expression would", () => {
    const guidExpression = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
    const strangers = ["g", "G", "-", "0", "`", "@", "/", ":", "\u0130", "\uff10", "İ", "\ud800", ""];
    const changed = fc
      .tuple(fc.nat({ max: 36 }), fc.oneof(fc.constantFrom(...strangers), fc.string({ maxLength: 2 })))
      .map(([at, stranger]) => sample.slice(0, at) + stranger + sample.slice(at + 1));
    fc.assert(
      fc.property(changed, (text) => {
        const bytes = new Uint8Array(16);
        const expected = guidExpression.test(text);
        expect(isGuid(text)).toBe(expected);
        if (expected) guidToBytes(text, bytes, 0);
        else
          expect(() => guidToBytes(text, bytes, 0)).toThrow(
            expect.objectContaining({ code: "DeltaBuffer" }) as LiveDistError,
          );
      }),
      { numRuns: 2000 },
    );
  });

  it("is neither read nor written beyond the end of the bytes", () => {
    const bytes = new Uint8Array(20);
    expect(() => guidToBytes(sample, bytes, 5)).toThrow(LiveDistError);
    expect(() => bytesToGuid(bytes, 5)).toThrow(LiveDistError);
  });

  it("is new, of version 4 and lower-case at each newTechId", () => {
    const made = new Set<string>();
    for (let count = 0; count < 5000; count++) made.add(newTechId());
    expect(made.size).toBe(5000);
    for (const guid of made)
      expect(guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // Each of the bits that are free is 0 in some and 1 in others.
    const or = new Uint8Array(16);
    const and = new Uint8Array(16).fill(255);
    const bytes = new Uint8Array(16);
    for (const guid of made) {
      guidToBytes(guid, bytes, 0);
      for (let index = 0; index < 16; index++) {
        or[index]! |= bytes[index]!;
        and[index]! &= bytes[index]!;
      }
    }
    expect(bytesToGuid(or, 0)).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(bytesToGuid(and, 0)).toBe("00000000-0000-4000-8000-000000000000");
  });
});
