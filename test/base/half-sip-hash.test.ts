import { describe, expect, it } from "vitest";
import { halfSipHash, newHashSeed } from "../../src/base/half-sip-hash.js";

describe("halfSipHash", () => {
  it("gives the published answers of HalfSipHash-1-3", () => {
    // Key and input are the bytes 0, 1, 2 …; inputs of 4, 8, 12 and 16 bytes.
    const seed = { k0: 0x03020100, k1: 0x07060504 };
    const words = Int32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
    const hashes = [1, 2, 3, 4].map((count) => halfSipHash(seed, words, count) >>> 0);
    expect(hashes).toEqual([0x7e059ea6, 0x577999b1, 0x6b28096c, 0x8b31d501]);
  });

  it("changes about half of its bits with any bit of key or seed", () => {
    const words = Int32Array.of(1, 2, 3, 4);
    const hash = halfSipHash({ k0: 5, k1: 6 }, words, 4);
    const changed: number[] = [];
    for (let bit = 0; bit < 32; bit++) {
      changed.push(
        halfSipHash({ k0: 5 ^ (1 << bit), k1: 6 }, words, 4),
        halfSipHash({ k0: 5, k1: 6 ^ (1 << bit) }, words, 4),
      );
      for (let word = 0; word < 4; word++) {
        const flipped = words.slice();
        flipped[word]! ^= 1 << bit;
        changed.push(halfSipHash({ k0: 5, k1: 6 }, flipped, 4));
      }
    }
    const bits = changed.map((other) => bitCount(hash ^ other));
    expect(Math.min(...bits)).toBeGreaterThan(4);
    expect(bits.reduce((sum, count) => sum + count) / bits.length).toBeCloseTo(16, 0);
  });

  it("takes both words of a seed from the randomness it is given", () => {
    const numbers = [0.25, 0.75];
    expect(newHashSeed(() => numbers.shift()!)).toEqual({ k0: 0x40000000, k1: -0x40000000 });
  });
});

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest >>>= 1) count += rest & 1;
  return count;
}
