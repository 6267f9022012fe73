import { ByteReader } from "../base/byte-reader.js";
import { readEncodedDelta } from "../delta/encoded-delta.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import type { Schema } from "../delta/schema.js";
import type { BodyReader } from "./body-reader.js";
import type { RecordView } from "./record-view.js";
import type { SlotSet } from "./slot-set.js";

/** What a cache notes of a record: its schema's place among the cache's schemas, and whether it is the header alone. */
export function recordTag(schemaId: number, isHeader: boolean): number {
  return schemaId * 2 + Number(isHeader);
}

export function isHeaderTag(tag: number): boolean {
  return (tag & 1) === 1;
}

export function schemaIdOf(tag: number): number {
  return tag >>> 1;
}

/** The entities of slots as they were at one sequence-number, whatever happens to them later; see RecordView. */
export class CacheSelection {
  readonly slots: SlotSet;
  readonly records: RecordView;
  /** Reads what headers among the records stand for; undefined where there are none. */
  readonly bodies: BodyReader | undefined;
  readonly schemas: readonly Schema[];

  /** Made by Cache.capture. */
  constructor(slots: SlotSet, records: RecordView, schemas: readonly Schema[], bodies: BodyReader | undefined) {
    this.slots = slots;
    this.records = records;
    this.bodies = bodies;
    this.schemas = schemas;
  }

  /** The number of entities. */
  get count(): number {
    return this.slots.count;
  }

  /** Gives the schema of a record by its tag. */
  schemaOf(tag: number): Schema {
    return this.schemas[schemaIdOf(tag)]!;
  }

  /** Gives the header of a slot of which nothing else is in the cache. */
  headerOf(slot: number): SchemaDelta {
    const encoded = readEncodedDelta(new ByteReader(this.records.record(slot)));
    return { encoded, schema: this.schemaOf(this.records.tag) };
  }
}
