import type { Oper } from "../delta/oper.js";
import type { HalfMasks } from "./slice-masks.js";

/** What decides, beside topics and registration, who is given a delta. */
export interface DecidedDelta {
  readonly oper: Oper;
  /** REGISTER only: whoever is selected is unsynchronized from here on, so that a FULL follows. */
  readonly takesSynchronized: boolean;
  /** Whether the cache holds the entity after the delta. Without it no FULL can be made. */
  readonly hasRecord: boolean;
}

/** What 32 registered clients are given of a delta, and how they stand to its entity after it: a bit for each client. */
export class HalfDecision {
  /** Who is given the delta as it is. */
  asIs = 0;
  /** Who is given the whole entity as it is after the delta. */
  full = 0;
  registered = 0;
  /** Always within `registered`. */
  synchronized = 0;
}

/**
 * Decides for 32 registered clients at once what they are given of a delta (protocol: registered clients). `registered` and
 * `synchronized` are how they stand to the entity before it. What is decided is written into `decision`.
 */
export function decideRegistered(
  { oper, takesSynchronized, hasRecord }: DecidedDelta,
  { sel, selApp, vetoApp, vetoLoop }: HalfMasks,
  registered: number,
  synchronized: number,
  decision: HalfDecision,
): void {
  const veto = vetoApp | vetoLoop;
  const unsynchronized = registered & ~synchronized;
  let asIs = 0;
  let full = 0;
  switch (oper) {
    case "CREATE":
      asIs = (sel | registered) & ~veto;
      break;
    case "PARTIAL":
      asIs = synchronized & ~veto;
      break;
    case "FULL":
      asIs = (unsynchronized | (sel & ~registered)) & ~veto;
      break;
    case "UPDATE":
      asIs = synchronized & ~veto;
      // A loop-back veto holds back the change, which came from there, but not an entity that is not there yet.
      if (hasRecord) full = (unsynchronized | (selApp & ~registered)) & ~vetoApp;
      break;
    case "REGISTER":
      registered |= sel;
      if (takesSynchronized) synchronized &= ~sel;
      break;
    case "DELETE":
      asIs = registered;
      break;
  }
  const sent = asIs | full;
  decision.asIs = asIs;
  decision.full = full;
  decision.registered = oper === "DELETE" ? 0 : registered | sent;
  decision.synchronized = oper === "DELETE" ? 0 : (synchronized | sent) & ~(missing(oper) & vetoApp);
}

/** All bits where a client that an application's topic vetoes has missed a change: its next delivery must be FULL. */
function missing(oper: Oper): number {
  return oper === "CREATE" || oper === "PARTIAL" || oper === "UPDATE" ? -1 : 0;
}
