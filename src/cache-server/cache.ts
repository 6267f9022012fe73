import { ByteReader } from "../base/byte-reader.js";
import { GuidTable, NO_SLOT } from "../base/guid-table.js";
import { newHashSeed } from "../base/half-sip-hash.js";
import { Int32Column } from "../base/int32-column.js";
import type { Random } from "../base/random.js";
import { deltaFlags, readEncodedDelta, type EncodedDelta } from "../delta/encoded-delta.js";
import { mergeRecord, type SchemaDelta } from "../delta/merge-record.js";
import { recordSchema } from "../delta/record-schema.js";
import type { Schema } from "../delta/schema.js";
import { appTopics, isRoutingTopic } from "../topics/topics-list.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { RecordStore } from "./record-store.js";
import type { RecordView } from "./record-view.js";
import { selectSlots } from "./select-entities.js";
import { TopicsTable } from "./topics-table.js";

/** What a delta did to the cache, as the routing of that delta needs it. */
export interface CacheChange {
  /** The entity's app topics before; null where the cache did not hold it. */
  readonly oldTopics: readonly string[] | null;
  /** The whole entity after, as a CREATE delta-object that never changes; undefined where the cache does not hold it. */
  readonly record: Uint8Array | undefined;
  /** The schema of `record`: most often that of the delta. */
  readonly schema: Schema;
}

/** The entities that a slice selects, as they were at one sequence; see RecordView. */
export interface CacheSelection {
  readonly records: RecordView;
  readonly schemas: readonly Schema[];
  /** For each record, its schema's place in `schemas`. */
  readonly schemaOf: (index: number) => Schema;
}

/**
 * The entities of a site as they are at one sequence of the log (guide §3.6): each whole, encoded, as it will be sent. Held
 * outside the JavaScript heap; there is no object per entity.
 */
export class Cache {
  readonly #slots: GuidTable;
  readonly #records = new RecordStore();
  readonly #topics: TopicsTable;
  readonly #schemaIds = new Int32Column();
  readonly #schemas: Schema[] = [];

  constructor(random: Random) {
    const seed = newHashSeed(random);
    this.#slots = new GuidTable(seed);
    this.#topics = new TopicsTable(seed);
  }

  get count(): number {
    return this.#slots.count;
  }

  /** Bytes of the encoded entities, and all that is held for them. */
  get bytes(): { live: number; held: number } {
    const held =
      this.#records.heldBytes +
      this.#records.tableBytes +
      this.#slots.heldBytes +
      this.#topics.heldBytes +
      this.#schemaIds.heldBytes;
    return { live: this.#records.liveBytes, held };
  }

  /**
   * Applies a delta of the log, which `checkStructure` has passed. Throws Limit where the entity is too large or has too many
   * topics; nothing has changed then.
   */
  apply(change: SchemaDelta): CacheChange {
    const { encoded, schema } = change;
    const slot = this.#slots.find(encoded.bytes, encoded.techIdAt);
    const oldTopics = slot === NO_SLOT ? null : this.#topics.topicsOf(slot);
    switch (encoded.oper) {
      case "REGISTER":
        return { oldTopics, record: undefined, schema };
      case "DELETE":
        if (slot !== NO_SLOT) this.#remove(slot);
        return { oldTopics, record: undefined, schema };
      case "CREATE":
        return this.#put(change, undefined, oldTopics);
      case "FULL":
      case "PARTIAL":
      case "UPDATE":
        // Without the rest of the entity there is nothing that could be given in full.
        if (slot === NO_SLOT) return { oldTopics, record: undefined, schema };
        return this.#put(change, this.#held(slot), oldTopics);
    }
  }

  /** Gives the whole entity with the tech-id that stands in `bytes` at `offset`, and its topics, or undefined. */
  find(
    bytes: Uint8Array,
    offset: number,
  ): { record: Uint8Array; topics: readonly string[]; schema: Schema } | undefined {
    const slot = this.#slots.find(bytes, offset);
    if (slot === NO_SLOT) return undefined;
    return { record: this.#records.get(slot), topics: this.#topics.topicsOf(slot), schema: this.#schemaAt(slot) };
  }

  /** Gives the entities that a slice selects, time-windows counted from `nowMs` (guide §2.1.2). */
  select(slice: TopicsSlice, nowMs: number): CacheSelection {
    const updateTimeMsOf = (slot: number): number => readRecord(this.#records.get(slot)).updateTimeMs;
    const slots = selectSlots(this.#topics, slice, { times: { nowMs, updateTimeMsOf } });
    const schemaIds = Int32Array.from(slots, (slot) => this.#schemaIds.get(slot));
    const schemas = this.#schemas;
    return { records: this.#records.capture(slots), schemas, schemaOf: (index) => schemas[schemaIds[index]!]! };
  }

  #held(slot: number): SchemaDelta {
    return { encoded: readRecord(this.#records.get(slot)), schema: this.#schemaAt(slot) };
  }

  #put(change: SchemaDelta, held: SchemaDelta | undefined, oldTopics: readonly string[] | null): CacheChange {
    const { encoded } = change;
    const topics = appTopics(encoded.topics);
    const schema = recordSchema(held, change);
    const record = isRecord(encoded) ? bytesOf(encoded) : mergeRecord(held, change, topics, schema);
    const slot = this.#slots.insert(encoded.bytes, encoded.techIdAt);
    try {
      this.#topics.assign(slot, topics);
      this.#records.set(slot, record);
    } catch (error) {
      // A limit refuses it: the cache stays as it was.
      if (oldTopics === null) this.#remove(slot);
      else this.#topics.assign(slot, oldTopics);
      throw error;
    }
    this.#schemaIds.reserve(slot + 1);
    this.#schemaIds.set(slot, this.#schemaId(schema));
    return { oldTopics, record: this.#records.get(slot), schema };
  }

  #remove(slot: number): void {
    this.#records.remove(slot);
    this.#topics.remove(slot);
    this.#slots.remove(slot);
  }

  #schemaAt(slot: number): Schema {
    return this.#schemas[this.#schemaIds.get(slot)]!;
  }

  #schemaId(schema: Schema): number {
    const known = this.#schemas.indexOf(schema);
    return known >= 0 ? known : this.#schemas.push(schema) - 1;
  }
}

function readRecord(record: Uint8Array): EncodedDelta {
  return readEncodedDelta(new ByteReader(record));
}

/** Tells whether a CREATE can be kept as it is: nothing in it is about its way through the log. */
function isRecord({ oper, flags, topics }: EncodedDelta): boolean {
  const isPlain = (flags & ~(deltaFlags.inCache | deltaFlags.fieldVersions)) === 0;
  return oper === "CREATE" && isPlain && !topics.some(isRoutingTopic);
}

function bytesOf({ bytes, start, end }: EncodedDelta): Uint8Array {
  return bytes.subarray(start, end);
}
