import type { Random } from "../base/random.js";

const PARTS = 3;
const PART_HEX_DIGITS = 8;

/** Gives a name for an epoch of the log that no other epoch has: 96 random bits in hexadecimal. */
export function newEpochName(random: Random): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(PART_HEX_DIGITS, "0");
  return Array.from({ length: PARTS }, part).join("");
}
