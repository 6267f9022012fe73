import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { classOf, writeEncoded } from "../delta/delta-codec.js";
import { deltaFlags, readEncodedDelta, TECH_ID_BYTES, type EncodedDelta } from "../delta/encoded-delta.js";
import { writeFieldStates } from "../delta/field-cursor.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import { compareVersions } from "../delta/version.js";

const NO_BYTES = new Uint8Array(0);
const VARINT_GOES_ON = 0x80;

/**
 * Makes the record of an entity of which only the header is held: a CREATE delta-object that has not even a structure, which
 * no other has. `held` is its record before, or undefined. Field versions go with the fields: they stand in the database.
 */
export function headerRecord(
  held: EncodedDelta | undefined,
  { encoded }: SchemaDelta,
  topics: readonly string[],
): Uint8Array {
  const { version, classIndex, updateTimeMs } = encoded;
  const isOlder = held !== undefined && compareVersions(version, held.version) < 0;
  const header = {
    oper: "CREATE",
    flags: 0,
    classIndex,
    version: isOlder ? held.version : version,
    updateTimeMs,
    topics,
    oldTopics: null,
    fieldVersions: [],
  } as const;
  const writer = new ByteWriter(128);
  writeEncoded(writer, header, techIdBytes(encoded), NO_BYTES, NO_BYTES);
  return writer.view();
}

/** Tells whether a record of the cache is a header only; costs next to nothing for entities with InCache true. */
export function isHeaderOnly(record: Uint8Array): boolean {
  let operAt = 0;
  while (record[operAt++]! >= VARINT_GOES_ON);
  if ((record[operAt + 1]! & deltaFlags.inCache) !== 0) return false;
  return lacksStructure(readEncodedDelta(new ByteReader(record)));
}

/** Does what `isHeaderOnly` does, for a record that was read. */
export function lacksStructure({ oper, structureAt, end }: EncodedDelta): boolean {
  return oper === "CREATE" && structureAt === end;
}

/** Makes a whole entity of a header, all its fields without values. */
export function emptyEntity({ encoded, schema }: SchemaDelta): Uint8Array {
  const { fields } = classOf(encoded, schema);
  const structure = new ByteWriter(16);
  writeFieldStates(structure, fields.length, new Uint8Array(fields.length));
  const writer = new ByteWriter(128);
  writeEncoded(writer, encoded, techIdBytes(encoded), structure.view(), NO_BYTES);
  return writer.view();
}

function techIdBytes({ bytes, techIdAt }: EncodedDelta): Uint8Array {
  return bytes.subarray(techIdAt, techIdAt + TECH_ID_BYTES);
}
