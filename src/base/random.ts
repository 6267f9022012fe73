/** Randomness as it is passed in: a number from 0 (included) to 1 (excluded). */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
