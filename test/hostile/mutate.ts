import type { Dice } from "../support/dice.js";

/** What breaks parsers: ends of ranges, names of prototypes, what looks like more than it is. */
const values: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, "", "\u0000", "\ud800", "__proto__", "constructor"],
  ...[
    [],
    {},
    [[]],
    { length: 1e9 },
    { toString: 1 },
    "x".repeat(5_000),
    "(".repeat(300),
    "A+".repeat(2_000),
    "*",
    "#A",
  ],
  ...["father-site", "site-insider", "SCRT", "OPEN+SCRT", "SCRT*OPEN+SCRT", "TimeWindow99999999999", "!OPEN", "OPEN*!"],
];

/** Texts where a topics-slice is expected. */
export const strangeSlices = values.filter((value) => typeof value === "string");

/** Changes something in a value that will be JSON, most often one member. */
export function mutateJson(value: unknown, dice: Dice): unknown {
  if (typeof value !== "object" || value === null || dice.chance(0.05)) return dice.pick(values);
  const entries = Object.entries(value);
  if (entries.length === 0) return { [dice.pick(["__proto__", "service", "x"])]: dice.pick(values) };
  const at = dice.between(0, entries.length - 1);
  const [name, member] = entries[at] as [string, unknown];
  switch (dice.between(0, 4)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries[at] = [dice.pick(["__proto__", "clientId", "token", "position", name + name]), member];
      break;
    case 2:
      entries.push([dice.pick(["techIds", "session", "siteEpoch", "extra"]), dice.pick(values)]);
      break;
    default:
      entries[at] = [name, mutateJson(member, dice)];
  }
  return Object.fromEntries(entries);
}

/** Changes some bytes: others, fewer, more, or the same twice. */
export function mutateBytes(bytes: Uint8Array, dice: Dice): Buffer {
  let mutated = Buffer.from(bytes);
  for (let left = dice.between(1, 4); left > 0; left--) {
    const at = dice.between(0, mutated.length);
    const some = mutated.subarray(at, at + dice.between(0, 20));
    const rest = mutated.subarray(at + some.length);
    const other = Buffer.from(Array.from({ length: dice.between(1, 8) }, () => dice.between(0, 255)));
    const inserted = [other, Buffer.alloc(0), Buffer.concat([some, some])][dice.between(0, 2)]!;
    mutated = Buffer.concat([mutated.subarray(0, at), inserted, rest]);
  }
  return mutated;
}
