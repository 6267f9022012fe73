import { LiveDistError } from "../base/errors.js";
import { TABLES_PREFIX_LENGTH_MAX } from "../base/limits.js";

/**
 * Checks the prefix of the tables' names (guide §7.2, LiveDistTablesPrefix) where it is part of an unquoted name. Throws
 * Config unless it is empty or made of letters, digits and underscores.
 */
export function checkTablesPrefix(prefix: string): string {
  if (!/^([A-Za-z_][A-Za-z0-9_]*)?$/.test(prefix)) {
    throw new LiveDistError(
      "Config",
      `LiveDistTablesPrefix ${JSON.stringify(prefix)} does not fit this database: letters, digits and underscores only, no digit first`,
    );
  }
  if (prefix.length > TABLES_PREFIX_LENGTH_MAX) {
    throw new LiveDistError("Config", `LiveDistTablesPrefix is longer than ${TABLES_PREFIX_LENGTH_MAX} characters`);
  }
  return prefix;
}
