import { type Failure, runScenario } from "./run-scenario.js";
import { formatScenario } from "./scenario-text.js";
import type { Scenario } from "./scenario.js";
import { shrink } from "./shrink.js";

/** Gives all that somebody needs who looks for the cause: what went wrong, the smallest scenario found, how to run it again. */
export function describeFailure(scenario: Scenario, failures: readonly Failure[], mode?: string): string {
  const told = failures.map(({ invariant, message }) => `  ${invariant}: ${message}`);
  const replay = `npm run simulate -- --from ${scenario.seed}${mode === undefined ? "" : ` --mode ${mode}`}`;
  return [
    `seed ${scenario.seed}: ${failures.length} failures`,
    ...told,
    `replay: ${replay} --trace, or --shrink for the smallest scenario that fails`,
    formatScenario(scenario),
  ].join("\n");
}

/** Makes a scenario that fails smaller, as long as the invariant that broke first still breaks. */
export async function shrinkFailing(
  scenario: Scenario,
  failures: readonly Failure[],
  runsMax: number,
): Promise<Scenario> {
  const { invariant } = failures[0]!;
  const fails = async (smaller: Scenario): Promise<boolean> =>
    (await runScenario(smaller)).some((failure) => failure.invariant === invariant);
  return shrink(scenario, fails, runsMax);
}
