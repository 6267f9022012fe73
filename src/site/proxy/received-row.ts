import { readEncodedDeltaBuffer } from "../../delta/delta-buffer.js";
import { deltaFlags, type EncodedDelta } from "../../delta/encoded-delta.js";
import { type Oper, operNumbers } from "../../delta/oper.js";

/**
 * Gives a delta-buffer that a proxy was given as a client as it stands in the proxy's own log (protocol: proxies). FULL means
 * that an entity has entered the proxy's slice, PARTIAL comes without the FULL that went to others, and what has left the
 * slice is gone from the proxy. Only opers and flags differ: the bytes are copied, and nothing is encoded anew. Throws
 * DeltaBufferError.
 */
export function receivedRow(deltaBuffer: Uint8Array): Uint8Array {
  const row = deltaBuffer.slice();
  for (const delta of readEncodedDeltaBuffer(deltaBuffer).deltas) {
    row[delta.operAt] = operNumbers[operHere(delta)];
    row[delta.operAt + 1] = delta.flags & ~forTheReceiver;
  }
  return row;
}

/** What was said to the proxy alone. */
const forTheReceiver = deltaFlags.leaves | deltaFlags.takesSynchronized | deltaFlags.forThisClientAlone;

function operHere({ oper, flags }: EncodedDelta): Oper {
  if ((flags & deltaFlags.leaves) !== 0) return "DELETE";
  if (oper === "FULL") return "CREATE";
  return oper === "PARTIAL" ? "UPDATE" : oper;
}
