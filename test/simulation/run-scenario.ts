import { sleep } from "../../src/base/clock.js";
import { Dice } from "../support/dice.js";
import { SimulatedClock } from "../support/simulated-clock.js";
import { comeToRest } from "./come-to-rest.js";
import { Network } from "./network.js";
import { checkTree } from "./oracle.js";
import { formatOperation } from "./scenario-text.js";
import type { Scenario } from "./scenario.js";
import { firstServers, siteOfServer } from "./server-names.js";
import { SimulatedTree } from "./simulated-tree.js";
import type { Simulation } from "./simulation.js";
import { readTreeState } from "./tree-state.js";
import { Witness } from "./witness.js";

/** How often what happened, so that a test can see that everything that is meant to happen does. */
export type Counts = Map<string, number>;

/** Something that happened and must not: the invariant (I1 to I6 of the model; EXC: an error) and what broke it. */
export interface Failure {
  readonly invariant: string;
  readonly message: string;
}

/** Longer than anything here waits, in the time of the run. */
const RUN_MS_MAX = 24 * 3_600_000;
/** Failures of one run that are told. */
const FAILURES_MAX = 20;

/** Runs a scenario; gives what went wrong, nothing where all is well. The same scenario always runs the same way. */
export async function runScenario(
  scenario: Scenario,
  counts: Counts = new Map(),
  trace?: (what: string) => void,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  const bad = (invariant: string, message: string): void => {
    trace?.(`!!! ${invariant} ${message}`);
    if (failures.length < FAILURES_MAX) failures.push({ invariant, message });
  };
  const clock = new SimulatedClock();
  const witness = new Witness(bad);
  const shared = {
    ...{ clock, witness, bad },
    dice: (name: string) => diceOf(scenario.seed, name),
    serversOf: (server: string) => serversOf(scenario, server),
    note: (what: string) => trace?.(`${clock.now() % 1e8} ${what}`),
    count: (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1),
  };
  const network = new Network({ ...shared, faults: scenario.faults });
  const simulation = { ...shared, network };
  const tree = await SimulatedTree.create(scenario, simulation);
  let isDone = false;
  runTree(tree, scenario, simulation)
    .catch((error: unknown) => bad("EXC", (error as Error).stack ?? String(error)))
    .finally(() => (isDone = true));
  const isOver = (): boolean => isDone || failures.some(({ invariant }) => invariant === "EXC");
  await clock.run(isOver, RUN_MS_MAX).catch((error: unknown) => bad("I6", (error as Error).message));
  return failures;
}

async function runTree(tree: SimulatedTree, scenario: Scenario, simulation: Simulation): Promise<void> {
  const { clock, network, note, witness, bad } = simulation;
  tree.begin();
  for (const operation of scenario.operations) {
    await sleep(clock, operation.waitMs);
    note(`--- ${formatOperation(operation)}`);
    tree.do(operation);
  }
  note("--- to rest");
  network.mend();
  if (await comeToRest(tree, simulation)) {
    const state = await readTreeState(tree);
    checkTree({ ...state, truth: witness.truth, restores: scenario.restores }, bad);
  }
  await tree.close();
}

/** Gives the servers that are known of a site, the given one first; a proxy alone. */
function serversOf({ sites }: Scenario, server: string): readonly string[] {
  const plan = sites.find(({ name }) => name === siteOfServer(server));
  return plan === undefined ? [server] : [...new Set([server, ...firstServers(plan)])];
}

function diceOf(seed: number, name: string): Dice {
  let hash = seed;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 16_777_619);
  const dice = new Dice(hash);
  // Neighbouring hashes give neighbouring first numbers.
  dice.random();
  return dice;
}
