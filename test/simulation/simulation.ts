import type { Dice } from "../support/dice.js";
import type { SimulatedClock } from "../support/simulated-clock.js";
import type { Network } from "./network.js";
import type { Transport } from "./scenario.js";
import type { SimulatedProcess } from "./simulated-process.js";
import type { Witness } from "./witness.js";

/** What the sites and edges of one run share. */
export interface Simulation {
  readonly clock: SimulatedClock;
  readonly network: Network;
  readonly witness: Witness;
  /** Gives dice that depend on the seed and a name alone. */
  readonly dice: (name: string) => Dice;
  /** Gives the servers that clients are told of which begin at one: those of its site, itself first; a proxy alone. */
  readonly serversOf: (server: string) => readonly string[];
  /** Says that something happened that must not: the invariant, and what broke it. */
  readonly bad: (invariant: string, message: string) => void;
  /** Tells what happens, for whoever looks at the run of one seed. */
  readonly note: (what: string) => void;
  readonly count: (what: string) => void;
}

/** Who asks a server. */
export interface Caller {
  /** The name of the site or edge. */
  readonly name: string;
  readonly clientId: string;
  readonly process: SimulatedProcess;
  readonly transport: Transport;
  readonly isSite: boolean;
}
