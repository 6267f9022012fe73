import { createHash } from "node:crypto";

const HASH_HEX_DIGITS = 16;

/**
 * Gives the name of the table that a path of names leads to (class, field, field of a part, …). Where the database would cut
 * it off, its end gives way to a hash of all of it.
 */
export function tableName(path: string, lengthMax: number): string {
  if (path.length <= lengthMax) return path;
  const hash = createHash("sha256").update(path).digest("hex").slice(0, HASH_HEX_DIGITS);
  return `${path.slice(0, lengthMax - HASH_HEX_DIGITS - 1)}_${hash}`;
}
