import { ByteReader } from "../base/byte-reader.js";
import { GuidTable, NO_SLOT } from "../base/guid-table.js";
import { newHashSeed } from "../base/half-sip-hash.js";
import type { Random } from "../base/random.js";
import { deltaFlags, readEncodedDelta, sameTopics, type EncodedDelta } from "../delta/encoded-delta.js";
import { mergeRecord, type SchemaDelta } from "../delta/merge-record.js";
import { recordSchema } from "../delta/record-schema.js";
import type { Schema } from "../delta/schema.js";
import { appTopics, isRoutingTopic } from "../topics/topics-list.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { BodyReader } from "./body-reader.js";
import { CacheSelection, isHeaderTag, recordTag, schemaIdOf } from "./cache-selection.js";
import { headerRecord, lacksStructure } from "./header-record.js";
import { RecordStore } from "./record-store.js";
import { selectSlots, type SelectOptions } from "./select-entities.js";
import { SequenceColumn } from "./sequence-column.js";
import type { SlotSet } from "./slot-set.js";
import { TopicsTable } from "./topics-table.js";

/** What a delta did to the cache, as the routing of that delta needs it. */
export interface CacheChange {
  /** The entity's app topics before; null where the cache did not hold it. */
  readonly oldTopics: readonly string[] | null;
  /**
   * The whole entity after, or its header, as a CREATE delta-object that never changes; undefined where the cache does not
   * hold it.
   */
  readonly record: Uint8Array | undefined;
  /** Whether `record` is the header alone. */
  readonly isHeaderOnly: boolean;
  /** The schema of `record`: most often that of the delta. */
  readonly schema: Schema;
}

/**
 * The entities of a site as they are at one sequence of the log (guide §3.6): each whole, encoded, as it will be sent, or,
 * where its InCache is false and its body can be read elsewhere, its header. Held outside the JavaScript heap; there is no
 * object per entity.
 */
export class Cache {
  /** Reads the bodies of the entities of which only the headers are held. */
  readonly bodies: BodyReader | undefined;
  /** The slots of the entities, for those who keep something else of them. */
  readonly techIds: GuidTable;
  readonly #records = new RecordStore();
  readonly #topics: TopicsTable;
  readonly #changeSequences = new SequenceColumn();
  readonly #schemas: Schema[] = [];
  #headerOnlyCount = 0;

  /** Without `bodies` all entities are held whole. */
  constructor(random: Random, bodies?: BodyReader) {
    this.bodies = bodies;
    const seed = newHashSeed(random);
    this.techIds = new GuidTable(seed);
    this.techIds.share((slot) => this.holds(slot));
    this.#topics = new TopicsTable(seed);
  }

  get count(): number {
    return this.#records.count;
  }

  /** The number of entities of which only the headers are held. */
  get headerOnlyCount(): number {
    return this.#headerOnlyCount;
  }

  /** Bytes of the encoded entities, and all that is held for them. */
  get bytes(): { live: number; held: number } {
    const held =
      this.#records.heldBytes +
      this.#records.tableBytes +
      this.techIds.heldBytes +
      this.#topics.heldBytes +
      this.#changeSequences.heldBytes;
    return { live: this.#records.liveBytes, held };
  }

  /**
   * Applies a delta of the log, which `checkStructure` has passed, as of its sequence-number. Throws Limit where the entity is
   * too large or has too many topics; nothing has changed then.
   */
  apply(change: SchemaDelta, sequence: number): CacheChange {
    const { encoded, schema } = change;
    const slot = this.slotOf(encoded.bytes, encoded.techIdAt);
    const oldTopics = slot === NO_SLOT ? null : this.#topics.topicsOf(slot);
    switch (encoded.oper) {
      case "REGISTER":
        return { oldTopics, record: undefined, isHeaderOnly: false, schema };
      case "DELETE":
        if (slot !== NO_SLOT) this.#remove(slot);
        return { oldTopics, record: undefined, isHeaderOnly: false, schema };
      case "CREATE":
        return this.#put(change, sequence, undefined, oldTopics);
      case "FULL":
      case "PARTIAL":
      case "UPDATE":
        // Without the rest of the entity there is nothing that could be given in full.
        if (slot === NO_SLOT) return { oldTopics, record: undefined, isHeaderOnly: false, schema };
        return this.#put(change, sequence, this.#held(slot), oldTopics);
    }
  }

  /** Gives the whole entity, or its header, with the tech-id that stands in `bytes` at `offset`, and its topics, or undefined. */
  find(
    bytes: Uint8Array,
    offset: number,
  ): { record: Uint8Array; topics: readonly string[]; schema: Schema } | undefined {
    const slot = this.slotOf(bytes, offset);
    if (slot === NO_SLOT) return undefined;
    return { record: this.#records.get(slot), topics: this.#topics.topicsOf(slot), schema: this.#schemaAt(slot) };
  }

  /** Gives the slot of the entity with a tech-id, or NO_SLOT; it is the entity's own until the entity is removed. */
  slotOf(bytes: Uint8Array, offset: number): number {
    const slot = this.techIds.find(bytes, offset);
    return this.holds(slot) ? slot : NO_SLOT;
  }

  /** Tells whether an entity has a slot, which may be NO_SLOT. */
  holds(slot: number): boolean {
    return slot !== NO_SLOT && this.#records.has(slot);
  }

  /** Writes the 16 bytes of the tech-id of a slot. */
  writeTechId(slot: number, target: Uint8Array, offset: number): void {
    this.techIds.writeKey(slot, target, offset);
  }

  /** Gives the number of a slot's topics-list: entities with the same one have the same topics. Valid until the next `apply`. */
  topicsListOf(slot: number): number {
    return this.#topics.listOf(slot);
  }

  /** Gives the topics of a topics-list's number. */
  topicsOfList(list: number): readonly string[] {
    return this.#topics.topicsOfList(list);
  }

  /** Gives the sequence-number at which an entity was changed last, as far as the log has told (protocol: changeSeq). */
  changeSequence(slot: number): number {
    return this.#changeSequences.get(slot);
  }

  /** Notes, where the entity is held, that the log told of a change of it before the cache was filled. */
  noteChange(bytes: Uint8Array, offset: number, sequence: number): void {
    const slot = this.slotOf(bytes, offset);
    if (slot !== NO_SLOT && sequence > this.changeSequence(slot)) this.#changeSequences.set(slot, sequence);
  }

  /** Gives the UpdateTime of a slot's entity in milliseconds since 1970. */
  updateTimeMs(slot: number): number {
    return readRecord(this.#records.get(slot)).updateTimeMs;
  }

  /** Gives the slots of the entities that a slice selects, time-windows counted from `nowMs` or, without it, true (guide §2.1.2). */
  selectSlots(slice: TopicsSlice, nowMs?: number, accepted: Omit<SelectOptions, "times"> = {}): SlotSet {
    const updateTimeMsOf = (slot: number): number => this.updateTimeMs(slot);
    const times = nowMs === undefined ? {} : { times: { nowMs, updateTimeMsOf } };
    return selectSlots(this.#topics, slice, { ...times, ...accepted });
  }

  /** Gives the entities that a slice selects, time-windows counted from `nowMs`. */
  select(slice: TopicsSlice, nowMs: number): CacheSelection {
    return this.capture(this.selectSlots(slice, nowMs));
  }

  /** Gives the entities of slots, all of which are held, as they are now, whatever happens to them later. Copies none. */
  capture(slots: SlotSet): CacheSelection {
    const bodies = this.#headerOnlyCount > 0 ? this.bodies : undefined;
    return new CacheSelection(slots, this.#records.capture(), this.#schemas, bodies);
  }

  /** Removes the entity of a slot, of which the log says nothing: it is not wanted here any more. */
  remove(slot: number): void {
    this.#remove(slot);
  }

  #held(slot: number): SchemaDelta {
    return { encoded: readRecord(this.#records.get(slot)), schema: this.#schemaAt(slot) };
  }

  #put(
    change: SchemaDelta,
    sequence: number,
    held: SchemaDelta | undefined,
    oldTopics: readonly string[] | null,
  ): CacheChange {
    const { encoded } = change;
    const topics = appTopics(encoded.topics);
    const isHeader = this.#isHeaderOf(held, change);
    const schema = isHeader ? change.schema : recordSchema(held, change);
    const record = isHeader
      ? headerRecord(held?.encoded, change, topics)
      : isRecord(encoded)
        ? bytesOf(encoded)
        : mergeRecord(held, change, topics, schema);
    const slot = this.techIds.insert(encoded.bytes, encoded.techIdAt);
    const wasHeader = this.#isHeaderAt(slot);
    try {
      if (oldTopics === null || !sameTopics(oldTopics, topics)) this.#topics.assign(slot, topics);
      this.#records.set(slot, record, recordTag(this.#schemaId(schema), isHeader));
    } catch (error) {
      // A limit refuses it: the cache stays as it was.
      if (oldTopics === null) this.#remove(slot);
      else this.#topics.assign(slot, oldTopics);
      throw error;
    }
    this.#changeSequences.set(slot, sequence);
    this.#headerOnlyCount += Number(isHeader) - Number(wasHeader);
    return { oldTopics, record: this.#records.get(slot), isHeaderOnly: isHeader, schema };
  }

  /** Tells whether only the header is to be held: as it was decided when the entity was created. */
  #isHeaderOf(held: SchemaDelta | undefined, change: SchemaDelta): boolean {
    if (this.bodies === undefined) return false;
    if (held !== undefined) return lacksStructure(held.encoded);
    return (change.encoded.flags & deltaFlags.inCache) === 0 && this.bodies.reads(change);
  }

  #isHeaderAt(slot: number): boolean {
    return this.#headerOnlyCount > 0 && this.#records.has(slot) && isHeaderTag(this.#records.tag(slot));
  }

  #remove(slot: number): void {
    if (this.#isHeaderAt(slot)) this.#headerOnlyCount--;
    this.#records.remove(slot);
    this.#topics.remove(slot);
    this.techIds.release(slot);
  }

  #schemaAt(slot: number): Schema {
    return this.#schemas[schemaIdOf(this.#records.tag(slot))]!;
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
