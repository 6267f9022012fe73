import { SqliteCopy } from "../../src/edge/sqlite-copy.js";
import { thing, thingsSchema } from "./things.js";

// Writes into a SqliteCopy until it is killed, and says after each `apply` how many there were: see sqlite-copy.test.ts.
const copy = new SqliteCopy(process.argv[2]!, thingsSchema);
for (let sequence = 1; ; sequence++) {
  const puts = Array.from({ length: 20 }, (_, n) => thing(n, { small: sequence }));
  const removes = [thing(20 + (sequence % 2)).techId];
  puts.push(thing(21 - (sequence % 2), { small: sequence }));
  copy.apply({ puts, removes, state: { position: { epoch: "e1", sequence }, topicsSlice: "A" } });
  process.stdout.write(`${sequence}\n`);
}
