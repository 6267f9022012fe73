import { LiveDistError } from "../base/errors.js";

/** Makes the error for a schema whose name another one has. */
export function schemaTakenError(name: string): LiveDistError {
  const message = `another schema is stored under the name ${JSON.stringify(name)}: give a changed schema a new name`;
  return new LiveDistError("Config", message);
}
