import { LiveDistError } from "../base/errors.js";
import { DELTA_BUFFER_BYTES_MAX } from "../base/limits.js";

/** Throws Limit where a delta-buffer is too large for the log. */
export function checkDeltaBuffer(deltaBuffer: Uint8Array): void {
  if (deltaBuffer.length <= DELTA_BUFFER_BYTES_MAX) return;
  const message = `a delta-buffer of ${deltaBuffer.length} bytes is above DELTA_BUFFER_BYTES_MAX (${DELTA_BUFFER_BYTES_MAX})`;
  throw new LiveDistError("Limit", message);
}
