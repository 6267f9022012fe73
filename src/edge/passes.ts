import { codeOf } from "../base/errors.js";

/** Tells whether an error passes by itself: the server could not be reached, is closing or busy, or sent to another, and the same call may succeed later. */
export function passes(error: unknown): boolean {
  const code = codeOf(error);
  return code === "Network" || code === "Closed" || code === "Busy" || code === "Redirect";
}
