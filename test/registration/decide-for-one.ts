import type { DecidedDelta } from "../../src/registration/decide-registered.js";

/** What a client's slice says of a delta's topics-list. */
export interface Facts {
  readonly sel: boolean;
  readonly selApp: boolean;
  readonly vetoApp: boolean;
  readonly vetoLoop: boolean;
}

/** How a client stands to an entity: not registered, registered, registered and synchronized. */
export type Stand = 0 | 1 | 2;

export interface DecisionForOne {
  readonly given: "nothing" | "asIs" | "full";
  readonly after: Stand;
}

/** The table of the protocol for a single registered client, told in the plainest way: what the arithmetic of masks has to do. */
export function decideForOne(delta: DecidedDelta, facts: Facts, stand: Stand): DecisionForOne {
  const { sel, selApp, vetoApp } = facts;
  const isVetoed = vetoApp || facts.vetoLoop;
  const nothing: DecisionForOne = { given: "nothing", after: stand };
  const missed: DecisionForOne = vetoApp && stand === 2 ? { given: "nothing", after: 1 } : nothing;
  const sent: DecisionForOne = { given: "asIs", after: 2 };
  switch (delta.oper) {
    case "CREATE":
      return (sel || stand > 0) && !isVetoed ? sent : missed;
    case "PARTIAL":
      return stand === 2 && !isVetoed ? sent : missed;
    case "FULL":
      return (stand === 1 || (sel && stand === 0)) && !isVetoed ? sent : nothing;
    case "UPDATE":
      if (stand === 2) return isVetoed ? missed : sent;
      if (!(stand === 1 || selApp) || vetoApp || !delta.hasRecord) return nothing;
      return { given: "full", after: 2 };
    case "REGISTER":
      return sel && (stand === 0 || delta.takesSynchronized) ? { given: "nothing", after: 1 } : nothing;
    case "DELETE":
      return { given: stand > 0 ? "asIs" : "nothing", after: 0 };
  }
}
