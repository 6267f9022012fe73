import type { Random } from "../src/base/random.js";

/** Makes a generator of numbers from 0 (included) to 1 (excluded) that repeats itself for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Gives a whole number from 0 to `limit` - 1. */
export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** Gives one of the values. */
export function pick<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)]!;
}

/** Gives `count` different whole numbers from 0 to `limit` - 1. */
export function distinctBelow(random: Random, limit: number, count: number): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(below(random, limit));
  return [...drawn];
}

/** Makes a GUID that repeats itself with the seed. */
export function seededGuid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => below(random, 16).toString(16)).join("");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/** Makes a text of `length` characters that no one compresses well. */
export function seededText(random: Random, length: number): string {
  return Array.from({ length }, () => below(random, 36).toString(36)).join("");
}
