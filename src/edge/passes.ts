import { codeOf } from "../base/errors.js";

/** The codes of errors that pass by themselves. */
const passing: ReadonlySet<string | undefined> = new Set(["Network", "Closed", "Busy", "Redirect", "NotServed"]);

/**
 * Tells whether an error passes by itself: the server could not be reached, is closing or busy, sent to another or is not of the
 * kind, and the same call may succeed later.
 */
export function passes(error: unknown): boolean {
  return passing.has(codeOf(error));
}
