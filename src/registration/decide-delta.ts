import { halves } from "./client-bit.js";
import { type DecidedDelta, decideRegistered, HalfDecision } from "./decide-registered.js";
import { NO_SLOT, type RegistrationTable } from "./registration-table.js";
import type { SliceMasks } from "./slice-masks.js";

/** What the registered clients are given of a delta, by half. */
export type DeltaDecision = readonly [HalfDecision, HalfDecision];

/** Makes what `decideDelta` writes into; one serves for any number of deltas, one after the other. */
export function newDeltaDecision(): DeltaDecision {
  return [new HalfDecision(), new HalfDecision()];
}

/**
 * Decides what all registered clients are given of a delta and leaves the table as it is after it. The entity's tech-id is 16
 * bytes at `offset`; what is decided is written into `decision`. Throws Limit where the table is full; it has not changed then.
 */
export function decideDelta(
  table: RegistrationTable,
  masks: SliceMasks,
  delta: DecidedDelta,
  bytes: Uint8Array,
  offset: number,
  decision: DeltaDecision,
): void {
  let slot = table.find(bytes, offset);
  for (const half of halves) {
    decideRegistered(delta, masks[half], table.registered(slot, half), table.synchronized(slot, half), decision[half]);
  }
  if (slot === NO_SLOT) {
    if ((decision[0].registered | decision[1].registered) === 0) return;
    slot = table.insert(bytes, offset);
  }
  for (const half of halves) table.set(slot, half, decision[half].registered, decision[half].synchronized);
  table.release(slot);
}
