import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteInterner } from "../../src/base/byte-interner.js";

function hexInterner(): { interner: ByteInterner<string>; decoded: string[] } {
  const decoded: string[] = [];
  const interner = new ByteInterner((bytes, from, to) => {
    const text = Buffer.from(bytes.subarray(from, to)).toString("hex");
    decoded.push(text);
    return text;
  });
  return { interner, decoded };
}

describe("ByteInterner", () => {
  it("gives for any bytes what they are decoded to", () => {
    const { interner } = hexInterner();
    const key = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 50 }), fc.nat(5), (keys, before) => {
        for (const bytes of keys) {
          const around = Uint8Array.of(...new Uint8Array(before), ...bytes, 1, 2, 3);
          expect(interner.get(around, before, before + bytes.length)).toBe(Buffer.from(bytes).toString("hex"));
        }
      }),
    );
  });

  it("decodes short bytes once, and keeps none that are long", () => {
    const { interner, decoded } = hexInterner();
    for (const size of [1, 64, 65]) for (let time = 0; time < 3; time++) interner.get(new Uint8Array(size), 0, size);
    expect(decoded.map(({ length }) => length / 2)).toEqual([1, 64, 65, 65, 65]);
  });

  it("keeps nothing of bytes that cannot be decoded", () => {
    const interner = new ByteInterner<string>(() => {
      throw new RangeError("no");
    });
    for (let time = 0; time < 2; time++) expect(() => interner.get(Uint8Array.of(1), 0, 1)).toThrow(RangeError);
  });
});
