import { LiveDistError } from "../base/errors.js";

/** Makes the error for a work inside a transaction that would wait for the end of that same transaction. */
export function nestedError(): LiveDistError {
  const message =
    "a transaction of this store is open here, and this would wait for its end: use the transaction given to the work";
  return new LiveDistError("Store", message);
}
