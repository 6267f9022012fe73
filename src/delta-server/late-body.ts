import { ByteReader } from "../base/byte-reader.js";
import type { EntityBody } from "../cache-server/body-reader.js";
import { readEncodedDelta } from "../delta/encoded-delta.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import type { Schema } from "../delta/schema.js";

/**
 * An entity, as it was after a delta, of which the cache holds only the header. Its body is read when it has to be given to
 * somebody for the first time, and kept for all who are given it.
 */
export class LateBody {
  /** The sequence-number of the delta. */
  readonly sequence: number;
  readonly #record: Uint8Array;
  readonly #schema: Schema;
  #header: SchemaDelta | undefined;
  /** Set once it was read. */
  body: EntityBody | undefined;
  /** While it is being read. */
  reading: Promise<void> | undefined;

  constructor(sequence: number, record: Uint8Array, schema: Schema) {
    this.sequence = sequence;
    this.#record = record;
    this.#schema = schema;
  }

  get header(): SchemaDelta {
    return (this.#header ??= { encoded: readEncodedDelta(new ByteReader(this.#record)), schema: this.#schema });
  }
}
