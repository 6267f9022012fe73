import { ByteReader } from "../base/byte-reader.js";
import { LiveDistError } from "../base/errors.js";
import { bytesToGuid, GUID_BYTES, guidToBytes, isGuid } from "../base/guid.js";
import { NO_SLOT } from "../base/guid-table.js";
import type { Cache } from "../cache-server/cache.js";
import { readEncodedDelta } from "../delta/encoded-delta.js";
import type { Version } from "../delta/version.js";

/** An entity as the cache holds it: its header, and no value of a field. */
export interface EntityView {
  readonly techId: string;
  readonly deltaClass: string;
  readonly topics: readonly string[];
  readonly updateTimeMs: number;
  /** Of its newest field: time in milliseconds, counter, and the site that wrote it. */
  readonly version: Version;
  /** The sequence-number at which it was changed last here. */
  readonly changeSequence: number;
}

/** Gives the entity of a slot that is in use. */
export function entityAt(cache: Cache, slot: number): EntityView {
  const key = new Uint8Array(GUID_BYTES);
  cache.writeTechId(slot, key, 0);
  const { record, schema, topics } = cache.find(key, 0)!;
  const { classIndex, updateTimeMs, version } = readEncodedDelta(new ByteReader(record));
  return {
    techId: bytesToGuid(key, 0),
    deltaClass: schema.classes[classIndex]?.name ?? "(unknown)",
    topics,
    updateTimeMs,
    version,
    changeSequence: cache.changeSequence(slot),
  };
}

/** Gives the entity with a tech-id, or undefined where the cache does not hold it. */
export function entityNamed(cache: Cache, techId: Uint8Array): EntityView | undefined {
  const slot = cache.slotOf(techId, 0);
  return slot === NO_SLOT ? undefined : entityAt(cache, slot);
}

/** Reads a tech-id. Throws Request where a text is none. */
export function techIdBytes(text: string): Uint8Array {
  if (!isGuid(text)) throw new LiveDistError("Request", "a tech-id is a GUID, as 6f9619ff-8b86-d011-b42d-00c04fc964ff");
  const bytes = new Uint8Array(GUID_BYTES);
  guidToBytes(text, bytes, 0);
  return bytes;
}
