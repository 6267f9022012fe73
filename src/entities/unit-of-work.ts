import type { Clock } from "../base/clock.js";
import type { DeltaClass, FieldMap, WholeFields } from "../delta/delta-class.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Version } from "../delta/version.js";
import { latestIn, nodeOf } from "../delta/version-tree.js";
import type { Transaction } from "../store/store.js";
import { changeFields, type FieldsChange } from "./change-fields.js";
import { createDelta, deleteDelta, updateDeltas, type UpdateForm } from "./entity-deltas.js";
import { entityError } from "./entity-error.js";
import type { EntityReader, FoundEntity } from "./entity-reader.js";
import { topicsFor, type EntityTopics, type TopicsOf } from "./entity-topics.js";
import type { Entity, LooseFields, StoredEntity, UpdateFields } from "./entity.js";
import type { HybridClock } from "./hybrid-clock.js";
import type { MergePolicy } from "./merge-policy.js";
import { EntityWriter } from "./entity-writer.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import type { EntityTables } from "./sql/entity-tables.js";
import { isTechIdTaken } from "./sql/is-tech-id-taken.js";
import { UnitTurns } from "./unit-turns.js";
import type { CreateOptions, ListOptions, Unit } from "./unit.js";
import { checkedTechId, wholeFields, type NewTechId } from "./whole-fields.js";
import { writeVersions } from "./write-versions.js";

/** What the units of one Entities share. */
export interface UnitParts {
  readonly dialect: EntitiesDialect;
  readonly tables: EntityTables;
  readonly reader: EntityReader;
  readonly clock: Clock;
  readonly hybridClock: HybridClock;
  readonly newTechId: NewTechId;
  readonly topicsOf: TopicsOf;
  /** What stands in front of the topics of local writes: the father's topic, where the site is in a tree. */
  readonly localTopics: readonly string[];
  readonly updateForm: UpdateForm;
  readonly mergePolicy: MergePolicy | undefined;
  readonly clockAheadMsMax: number;
}

/** Writes rows and gathers the deltas of one transaction. */
export class UnitOfWork implements Unit {
  readonly #parts: UnitParts;
  readonly #transaction: Transaction;
  readonly #writer: EntityWriter;
  readonly #deltas: DeltaObject[] = [];
  readonly #turns = new UnitTurns();

  constructor(parts: UnitParts, transaction: Transaction) {
    this.#parts = parts;
    this.#transaction = transaction;
    this.#writer = new EntityWriter(transaction, parts.dialect);
  }

  create<F extends FieldMap>(
    deltaClass: DeltaClass<F>,
    fields: WholeFields<F>,
    options: CreateOptions = {},
  ): Promise<Entity<F>> {
    return this.#turns.write(() => this.#create(deltaClass, fields, options)) as Promise<Entity<F>>;
  }

  update<F extends FieldMap>(deltaClass: DeltaClass<F>, techId: string, fields: UpdateFields<F>): Promise<Entity<F>> {
    return this.#turns.write(() => this.#update(deltaClass, techId, fields)) as Promise<Entity<F>>;
  }

  remove(deltaClass: DeltaClass, techId: string): Promise<void> {
    return this.#turns.write(() => this.#remove(deltaClass, techId));
  }

  get<F extends FieldMap>(deltaClass: DeltaClass<F>, techId: string): Promise<Entity<F> | undefined> {
    return this.#turns.read(async () => (await this.#find(deltaClass, techId))?.stored.entity as Entity<F> | undefined);
  }

  async *list<F extends FieldMap>(
    deltaClass: DeltaClass<F>,
    options: ListOptions = {},
  ): AsyncGenerator<Entity<F>, undefined> {
    const { reader, tables } = this.#parts;
    for (const table of tables.ofFamily(deltaClass)) {
      let last = "";
      for (;;) {
        const page = await this.#turns.read(() => reader.page(this.#transaction, table, last, options.where));
        const end = page.at(-1);
        if (end === undefined) break;
        for (const { entity } of page) yield entity as Entity<F>;
        last = end.entity.techId;
      }
    }
  }

  /**
   * Waits for what was called and not awaited, and gives the deltas of all. Rejects with the first error of a write. The unit
   * takes no further calls.
   */
  async finish(): Promise<readonly DeltaObject[]> {
    await this.#turns.end();
    return this.#deltas;
  }

  async #create(
    deltaClass: DeltaClass,
    given: LooseFields,
    { techId: givenTechId, inCache = deltaClass.inCache }: CreateOptions,
  ): Promise<Entity> {
    const { tables, newTechId, topicsOf } = this.#parts;
    const table = tables.of(deltaClass);
    const techId = givenTechId === undefined ? newTechId() : checkedTechId(givenTechId, deltaClass.name);
    if (givenTechId !== undefined && (await isTechIdTaken(this.#transaction, tables, techId))) {
      throw entityError(`the tech-id ${techId} is taken`);
    }
    const fields = wholeFields(deltaClass, given, newTechId);
    const created: Entity = { deltaClass, techId, updateTime: this.#now(), topics: [], fields };
    const topics = topicsFor(topicsOf, created);
    const entity = { ...created, topics: topics.app };
    const stored: StoredEntity = { entity, inCache, versions: nodeOf(this.#tick(entity.updateTime)) };
    await this.#writer.insert(table, stored);
    this.#deltas.push(createDelta(stored, this.#routed(topics)));
    return entity;
  }

  async #update(deltaClass: DeltaClass, techId: string, given: LooseFields): Promise<Entity> {
    const found = await this.#findExisting(deltaClass, techId);
    const { entity } = found.stored;
    const change = changeFields(entity.deltaClass, entity.fields, given, this.#parts.newTechId);
    return change === undefined ? entity : this.#writeUpdate(found, change);
  }

  async #writeUpdate({ table, stored }: FoundEntity, { modified, after: fields }: FieldsChange): Promise<Entity> {
    const { entity: before, inCache, versions } = stored;
    const updated: Entity = { ...before, updateTime: this.#now(), fields };
    const topics = topicsFor(this.#parts.topicsOf, updated);
    const entity = { ...updated, topics: topics.app };
    const version = this.#tick(entity.updateTime, latestIn(versions));
    const change = { before: before.fields, modified, after: fields };
    const after: StoredEntity = {
      entity,
      inCache,
      versions: writeVersions(table.deltaClass, versions, change, version),
    };
    this.#parts.hybridClock.see(latestIn(after.versions));
    await this.#writer.update(table, after, modified, before.fields);
    const write = { stored: after, version, modified, oldTopics: before.topics };
    this.#deltas.push(...updateDeltas(write, this.#routed(topics), this.#parts.updateForm));
    return entity;
  }

  async #remove(deltaClass: DeltaClass, techId: string): Promise<void> {
    const { table, stored } = await this.#findExisting(deltaClass, techId);
    const { entity, inCache, versions } = stored;
    await this.#writer.remove(table, entity.techId);
    const updateTime = this.#now();
    const version = this.#tick(updateTime, latestIn(versions));
    this.#deltas.push(deleteDelta({ entity, inCache, version }, updateTime));
  }

  async #findExisting(deltaClass: DeltaClass, techId: string): Promise<FoundEntity> {
    const found = await this.#find(deltaClass, techId);
    if (found === undefined) throw entityError(`there is no ${deltaClass.name} with the tech-id ${techId}`);
    return found;
  }

  async #find(deltaClass: DeltaClass, techId: string): Promise<FoundEntity | undefined> {
    const { reader, tables } = this.#parts;
    // Locked, also where it is only read: what the application makes of it would undo what others wrote meanwhile.
    return reader.lock(this.#transaction, tables.ofFamily(deltaClass), checkedTechId(techId, deltaClass.name));
  }

  #routed({ all }: EntityTopics): readonly string[] {
    return [...new Set([...this.#parts.localTopics, ...all])];
  }

  #now(): Date {
    return new Date(Math.floor(this.#parts.clock.now()));
  }

  #tick(updateTime: Date, seen?: Version): Version {
    return this.#parts.hybridClock.tick(updateTime.getTime(), seen);
  }
}
