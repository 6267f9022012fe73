import { type Counts, type ModelDatabase, runModel } from "./run-model.js";
import { seedsToRun } from "./run-seeds.js";

/**
 * Runs some seeds on a database server, each in a database that `database` makes: rows get their numbers after their commit
 * there, and answers come when they come. Gives how often what happened.
 */
export async function runSeedsOnServer(
  name: string,
  seeds: string,
  database: () => Promise<ModelDatabase>,
): Promise<Counts> {
  const counts: Counts = new Map();
  for (const seed of seedsToRun(seeds)) {
    try {
      await runModel(seed, counts, undefined, await database());
    } catch (error) {
      throw new Error(`seed ${seed} on ${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return counts;
}
