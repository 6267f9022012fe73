import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { writeEncoded } from "../delta/delta-codec.js";
import { readEncodedDelta, TECH_ID_BYTES } from "../delta/encoded-delta.js";
import type { CacheSelection } from "./cache.js";

const noBytes = new Uint8Array(0);

/** Gives a selection with a DELETE delta-object in the place of each entity: its class and tech-id, without its values. */
export function entityNames({ records, ...rest }: CacheSelection): CacheSelection {
  return { ...rest, records: { count: records.count, record: (index) => deleteOf(records.record(index)) } };
}

/** Gives the DELETE delta-object of the entity that a record holds. */
export function deleteOf(record: Uint8Array): Uint8Array {
  const encoded = readEncodedDelta(new ByteReader(record));
  const techId = record.subarray(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  const writer = new ByteWriter(record.length);
  writeEncoded(writer, { ...encoded, oper: "DELETE", fieldVersions: [] }, techId, noBytes, noBytes);
  return writer.view();
}
