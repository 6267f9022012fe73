import { LiveDistError } from "../base/errors.js";

/** Makes the error for an entity that cannot be written or read as asked. */
export function entityError(message: string): LiveDistError {
  return new LiveDistError("Entity", message);
}
