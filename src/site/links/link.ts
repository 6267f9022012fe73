/**
 * How a link fares: "connecting" (it finds out whether it can go on where it stood), "loading", "live" (it follows), "waiting"
 * (after trouble that passes, before it tries again), "failed" (after trouble that someone has to mend; it tries again all the
 * same, unless another process took its place), "stopped".
 */
export type LinkState = "connecting" | "loading" | "live" | "waiting" | "failed" | "stopped";

/** What the site at the other end is to this one. */
export type LinkRole = "father" | "son";

/** A link of a site to a neighbour in the tree, as it is at the moment. */
export interface Link {
  /** The neighbour's LiveDistSiteId; of the father, whose name a site does not know, "father-site". */
  readonly peer: string;
  readonly role: LinkRole;
  readonly state: LinkState;
  /** The sequence-number of the neighbour's log up to which everything is applied here. */
  readonly sequence: number;
  /** What it waits after, or failed of. */
  readonly failure?: unknown;
}
