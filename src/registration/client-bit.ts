import { assert } from "../base/assert.js";
import { REGISTERED_CLIENTS_MAX } from "../base/limits.js";

/** Half of a set of 64 clients: the bits of 0 stand for the clients 0 to 31, those of 1 for 32 to 63. Each is a signed number. */
export type Half = 0 | 1;

export const halves: readonly [Half, Half] = [0, 1];

/** Gives the half that a client's bit is in. */
export function halfOf(bit: number): Half {
  assert(bit >= 0 && bit < REGISTERED_CLIENTS_MAX, "the bit of a client is one of 64");
  return bit < 32 ? 0 : 1;
}

/** Gives the half-mask of one client, within its half. */
export function maskOf(bit: number): number {
  // Shifts count modulo 32.
  return 1 << bit;
}

/** Gives the place of the lowest bit of a half-mask that is not 0, counted from the half's own first. */
export function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

/** Gives a client's bit out of its half and its place in it. */
export function clientOf(half: Half, place: number): number {
  return half * 32 + place;
}
