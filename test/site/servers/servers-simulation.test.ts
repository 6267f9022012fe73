import { expect, it } from "vitest";
import { runServers } from "./servers-run.js";

/** The first seed and how many: another pair for a long run (LIVEDIST_SERVERS_SEEDS=1-2000). */
const [from, to] = (process.env["LIVEDIST_SERVERS_SEEDS"] ?? "1-12").split("-").map(Number) as [number, number];

it(
  "R79, R80, R81, R82, R86: several servers keep every copy exact, whatever happens to them",
  { timeout: 3_600_000 },
  async () => {
    const failed: string[] = [];
    for (let seed = from; seed <= to; seed++) {
      const wrong = await runServers(seed);
      if (wrong.length > 0) failed.push(`seed ${seed}: ${wrong.slice(0, 3).join("; ")}`);
    }
    expect(failed).toEqual([]);
  },
);
