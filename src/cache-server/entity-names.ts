import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { NO_SLOT } from "../base/guid-table.js";
import { writeEncoded } from "../delta/delta-codec.js";
import { readEncodedDelta, TECH_ID_BYTES } from "../delta/encoded-delta.js";
import type { FramedRecord } from "./body-frames.js";
import type { CacheSelection } from "./cache-selection.js";

const noBytes = new Uint8Array(0);

/** Gives a DELETE delta-object for each entity of a selection: its class and tech-id, without its values. */
export function* entityNames(selection: CacheSelection): Generator<FramedRecord, undefined> {
  const { slots, records } = selection;
  for (let slot = slots.next(0); slot !== NO_SLOT; slot = slots.next(slot + 1)) {
    const record = deleteOf(records.record(slot));
    yield { record, schemaName: selection.schemaOf(records.tag).name };
  }
}

/** Gives the DELETE delta-object of the entity that a record holds. */
function deleteOf(record: Uint8Array): Uint8Array {
  const encoded = readEncodedDelta(new ByteReader(record));
  const techId = record.subarray(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  const writer = new ByteWriter(record.length);
  writeEncoded(writer, { ...encoded, oper: "DELETE", fieldVersions: [] }, techId, noBytes, noBytes);
  return writer.view();
}
