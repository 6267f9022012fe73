import type { Clock } from "../../src/base/clock.js";
import type { Oracle, Shapes } from "./oracle.js";
import type { RecordedLog } from "./recorded-log.js";
import type { SimulatedNetwork } from "../support/simulated-network.js";

/** What the clients of a run share. */
export interface Model {
  readonly oracle: Oracle;
  readonly log: RecordedLog;
  readonly shapes: Shapes;
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  /** Ends the run. */
  readonly fail: (error: unknown) => void;
  /** Tells what happens, for whoever looks at the run of one seed. */
  readonly note: (what: string) => void;
  readonly count: (what: string, times?: number) => void;
}
