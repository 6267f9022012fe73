import type { Oper } from "../delta/oper.js";
import type { DeltaView } from "./delta-views.js";

/** What a client was given of a delta; "unknown" where commands came between and nothing is kept of it. */
export type Given = "as it is" | "in full" | "leaves" | "nothing" | "unknown";

/** How a client stood to an entity. */
export interface StandingView {
  readonly registered: boolean;
  readonly synchronized: boolean;
}

/** A delta of an entity, and what was decided on it for a client. */
export interface DecisionView extends DeltaView {
  readonly given: Given;
  /** Why, in a sentence. */
  readonly because: string;
  /** How a registered client stood to the entity before and after, where that is known. */
  readonly before?: StandingView;
  readonly after?: StandingView;
}

/** What a slice says of a delta's topics. */
export interface SliceSays {
  readonly selects: boolean;
  readonly selectsApp: boolean;
  /** Topics under `!` that the delta has and that veto it. */
  readonly vetoedBy: readonly string[];
  /** The same of those marked `#`: where the change came from. */
  readonly loopedBy: readonly string[];
}

/** Says why a registered client was given this of a delta (protocol: registered clients). */
export function becauseRegistered(oper: Oper, says: SliceSays, before: StandingView, given: Given): string {
  const { selects, vetoedBy, loopedBy } = says;
  const { registered, synchronized } = before;
  if (oper === "DELETE") return registered ? "it was registered on the entity" : "it was not registered on the entity";
  if (oper === "REGISTER") {
    if (!selects) return "the slice does not select it";
    return registered
      ? "it was registered already"
      : "the slice selects it: the entity comes with the next FULL or UPDATE";
  }
  if (given === "nothing" && vetoedBy.length > 0) return `!${vetoedBy.join(", !")} of the slice vetoes it`;
  if (given === "nothing" && loopedBy.length > 0)
    return `it came from there: !${loopedBy.join(", !")} of the slice holds it back`;
  if (given === "in full")
    return registered
      ? "it was registered and not synchronized, so the whole entity was due"
      : "the slice selects it, and the client did not have it yet";
  if (given === "as it is") {
    if (synchronized) return "it was registered and synchronized";
    return registered ? "it was registered" : "the slice selects it";
  }
  if (oper === "FULL" && synchronized) return "it has the entity already, and is current";
  if (!registered)
    return selects
      ? "it was not registered, and a PARTIAL alone is of no use"
      : "the slice does not select it, and it was not registered";
  return synchronized ? "there was nothing for it" : "it was not synchronized: the whole entity comes first";
}

/** Says why a client without registration was given this of a delta. */
export function becauseUnregistered(tracking: "transition" | "none", was: boolean, is: boolean, given: Given): string {
  if (tracking === "none")
    return given === "nothing"
      ? "the slice does not select all its topics, or the mode none leaves it out"
      : "the slice selects all its topics";
  switch (given) {
    case "leaves":
      return "the slice selected the entity before, and does not any more";
    case "in full":
      return "the entity entered the slice";
    case "as it is":
      return was ? "the slice selected the entity before and goes on to" : "the slice selects the new entity";
    default:
      return is || was
        ? "FULL and REGISTER are for registered clients"
        : "the slice selects the entity neither before nor after";
  }
}
