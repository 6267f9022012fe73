import { GUID_BYTES } from "../base/guid.js";
import { WHY_DELTAS_MAX } from "../base/limits.js";
import type { LogWindow } from "../delta-server/log-window.js";
import type { EncodedDelta } from "../delta/encoded-delta.js";
import type { RowDelta } from "./registered-decisions.js";

/** Gives the newest deltas of an entity in the window after a sequence-number, the oldest first. */
export function entityDeltas(window: LogWindow, techId: Uint8Array, after: number): RowDelta[] {
  const found: RowDelta[] = [];
  const from = Math.min(Math.max(after, window.startSequence), window.lastSequence);
  for (const row of window.after(from)) {
    for (const delta of row.deltas) if (isOf(delta.encoded, techId)) found.push({ row, delta });
  }
  return found.slice(-WHY_DELTAS_MAX);
}

/** Tells whether a delta is of the entity with this tech-id. */
export function isOf({ bytes, techIdAt }: Pick<EncodedDelta, "bytes" | "techIdAt">, techId: Uint8Array): boolean {
  for (let at = 0; at < GUID_BYTES; at++) if (bytes[techIdAt + at] !== techId[at]) return false;
  return true;
}
