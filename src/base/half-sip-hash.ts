import type { Random } from "./random.js";

/** The secret of a hash: who does not know it cannot choose keys that collide. */
export interface HashSeed {
  readonly k0: number;
  readonly k1: number;
}

/** Makes a seed for the tables of one process. */
export function newHashSeed(random: Random): HashSeed {
  return { k0: (random() * 2 ** 32) | 0, k1: (random() * 2 ** 32) | 0 };
}

const FINAL_ROUNDS = 3;

/**
 * Hashes the first `count` words with HalfSipHash-1-3 (Aumasson and Bernstein) and gives a signed 32-bit number. Keys may come
 * from an attacker: against the usual multiplying hashes there are sets of keys that collide under every seed, against this
 * none are known.
 */
export function halfSipHash(seed: HashSeed, words: Int32Array, count: number): number {
  let v0 = seed.k0 | 0;
  let v1 = seed.k1 | 0;
  let v2 = seed.k0 ^ 0x6c796765;
  let v3 = seed.k1 ^ 0x74656462;
  // One round for each word, one for the length in bytes, then the final ones, which take in nothing.
  for (let round = 0; round <= count + FINAL_ROUNDS; round++) {
    const word = round < count ? words[round]! : round === count ? count << 26 : 0;
    if (round === count + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = rotateLeft(v1, 5) ^ v0;
    v0 = rotateLeft(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotateLeft(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotateLeft(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotateLeft(v1, 13) ^ v2;
    v2 = rotateLeft(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
