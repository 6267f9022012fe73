import { systemClock, type Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { newTechId } from "../base/guid.js";
import { CLIENT_ID_LENGTH_MAX } from "../base/limits.js";
import { silentLogger, type Logger } from "../base/logger.js";
import type { DeltaClass, FieldMap } from "../delta/delta-class.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Schema } from "../delta/schema.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import type { Snapshot, Store, Transaction } from "../store/store.js";
import { createDelta } from "./entity-deltas.js";
import { EntityReader } from "./entity-reader.js";
import type { TopicsOf } from "./entity-topics.js";
import type { Entity } from "./entity.js";
import { HybridClock } from "./hybrid-clock.js";
import { iterateSnapshot } from "./iterate-snapshot.js";
import type { Notifier } from "./notifier.js";
import { Reception } from "./reception.js";
import { entitiesDialect } from "./sql/entities-dialect.js";
import { EntityTables } from "./sql/entity-tables.js";
import { createEntityTables } from "./sql/table-layout.js";
import type { ListOptions, Unit } from "./unit.js";
import { UnitOfWork, type UnitParts } from "./unit-of-work.js";
import { checkedTechId, type NewTechId } from "./whole-fields.js";

/** What Entities takes beside store and schema. */
export interface EntitiesOptions {
  /** Gives the topics of an entity that is created or updated, before it is written; `entity.topics` are the previous ones. */
  readonly topicsOf: TopicsOf;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Makes the tech-ids of new entities and parts. Default: random ones. */
  readonly newTechId?: NewTechId;
  /** The site's name in the tree: stands in versions and breaks ties between sites. Default: empty. */
  readonly siteId?: string;
  /** Hears of tables and columns that are created. Default: nobody does. */
  readonly logger?: Logger;
  /** Wakes a delta server in another process (guide §4.1). */
  readonly notifier?: Notifier;
}

/**
 * The reference entities sub-system (guide §3): keeps the entities of a schema in tables, one for each first-class class and
 * one for each field of parts, and appends to the log what transactions change. The tables are created in the first
 * transaction; columns of fields that a class gets later are added.
 */
export class Entities implements IDeltaObjectsReader {
  readonly #store: Store;
  readonly #reception: Reception;
  readonly #tables: EntityTables;
  readonly #reader: EntityReader;
  readonly #unitParts: UnitParts;
  readonly #siteId: string;
  readonly #logger: Logger;
  #areTablesCommitted = false;
  /** Transactions that created tables: others do not have them, nor has anyone if they are rolled back. */
  readonly #creators = new WeakSet<Transaction>();

  /**
   * Throws Config where a class needs a table that collides with another or with LiveDist's own.
   */
  constructor(store: Store, schema: Schema, options: EntitiesOptions) {
    const { clock = systemClock, siteId = "", topicsOf } = options;
    const dialect = entitiesDialect(store.dialect);
    this.#store = store;
    this.#reception = new Reception(store, schema, options);
    this.#tables = new EntityTables(dialect, schema, store.tablesPrefix);
    this.#reader = new EntityReader(dialect, this.#tables, clock);
    this.#siteId = checkSiteId(siteId);
    this.#logger = options.logger ?? silentLogger;
    this.#unitParts = {
      dialect,
      tables: this.#tables,
      reader: this.#reader,
      clock,
      hybridClock: new HybridClock(siteId),
      newTechId: options.newTechId ?? newTechId,
      topicsOf,
    };
  }

  /**
   * Runs `work` in a transaction: its entities and their deltas, which become one row of the log, are committed when it
   * resolves. When it rejects, or a write of the unit did, everything is undone and the error is passed on. With
   * `options.transaction`, one of `store.transaction`, this is a part of it: committed with it, and undone on its own where
   * `work` fails; such parts must follow one another. Tell the delta server afterwards (`notifyDeltaServer`).
   */
  async transaction<T>(
    work: (unit: Unit) => Promise<T>,
    options: { readonly transaction?: Transaction } = {},
  ): Promise<T> {
    const { transaction } = options;
    if (transaction === undefined) return this.#store.transaction((own) => this.#run(own, work));
    if ((transaction as Partial<Transaction>).store !== this.#store) {
      throw new LiveDistError("Store", "the transaction must be one that transaction() of the same store gave");
    }
    return this.#runWithin(transaction, work);
  }

  /** Wakes the delta server, so that what was committed goes out at once (guide §4.1). Call it behind the transaction. */
  notifyDeltaServer(): Promise<void> {
    return this.#reception.notifyDeltaServer();
  }

  /** Gives an entity of a class, or of one that derives from it, as it is committed. Rejects as `Unit` does. */
  async get<F extends FieldMap>(deltaClass: DeltaClass<F>, techId: string): Promise<Entity<F> | undefined> {
    const id = checkedTechId(techId, deltaClass.name);
    const found = await this.#store.snapshot(async (snapshot) => {
      const tables = await this.#reader.tablesIn(snapshot, deltaClass);
      return this.#reader.find(snapshot, tables, id);
    });
    return found?.stored.entity as Entity<F> | undefined;
  }

  /**
   * Gives the entities of a class and of those that derive from it, or those of them that a slice selects, as they were all
   * committed at one moment, without holding them all in memory. While it goes on it keeps one of the snapshots that a store can
   * have open at once (STORE_SNAPSHOTS_MAX). Rejects as `Unit` does.
   */
  async *list<F extends FieldMap>(
    deltaClass: DeltaClass<F>,
    options: ListOptions = {},
  ): AsyncGenerator<Entity<F>, undefined> {
    const { where } = options;
    const read = async function* (reader: EntityReader, snapshot: Snapshot) {
      yield* reader.stream(snapshot, await reader.tablesIn(snapshot, deltaClass), where);
    };
    const batches = iterateSnapshot(this.#store, (snapshot) => read(this.#reader, snapshot));
    for await (const batch of batches) for (const { entity } of batch) yield entity as Entity<F>;
  }

  /** Gives every entity as a CREATE delta-object with its versions, for cache servers (guide §5.3). */
  async *readAll(snapshot: Snapshot): AsyncGenerator<readonly DeltaObject[], undefined> {
    const tables = await this.#reader.tablesIn(snapshot);
    for await (const batch of this.#reader.stream(snapshot, tables)) yield batch.map((stored) => createDelta(stored));
  }

  /** Gives the entities of one class that have some tech-ids, as they are committed, as CREATE delta-objects (guide §5.3). */
  async *read(deltaClass: DeltaClass, techIds: readonly string[]): AsyncGenerator<readonly DeltaObject[], undefined> {
    const read = async function* (reader: EntityReader, snapshot: Snapshot) {
      const tables = await reader.tablesIn(snapshot, deltaClass);
      const own = tables.find((table) => table.deltaClass === deltaClass);
      if (own) yield* reader.some(snapshot, own, techIds);
    };
    const batches = iterateSnapshot(this.#store, (snapshot) => read(this.#reader, snapshot));
    for await (const batch of batches) yield batch.map((stored) => createDelta(stored));
  }

  async #runWithin<T>(transaction: Transaction, work: (unit: Unit) => Promise<T>): Promise<T> {
    const { begin, rollBack, release } = this.#unitParts.dialect.savepoint;
    // In front of the savepoint: the tables stay for the next part where this one fails.
    await this.#prepareTables(transaction);
    await transaction.run(begin);
    try {
      const result = await this.#run(transaction, work);
      await transaction.run(release);
      return result;
    } catch (error) {
      // Where the database has ended the whole transaction, there is nothing left to undo; the first error says why.
      await transaction
        .run(rollBack)
        .then(() => transaction.run(release))
        .catch(() => undefined);
      throw error;
    }
  }

  async #run<T>(transaction: Transaction, work: (unit: Unit) => Promise<T>): Promise<T> {
    const { hybridClock } = this.#unitParts;
    await this.#prepareTables(transaction);
    const { siteVersion } = this.#tables;
    const stored = await siteVersion.read(transaction, this.#siteId);
    if (stored !== undefined) hybridClock.see(stored);
    const unit = new UnitOfWork(this.#unitParts, transaction);
    const { result, deltas } = await finished(unit, work);
    if (deltas.length > 0) {
      await siteVersion.write(transaction, this.#siteId, hybridClock.last);
      await this.#reception.append(transaction, deltas);
    }
    return result;
  }

  async #prepareTables(transaction: Transaction): Promise<void> {
    if (this.#areTablesCommitted || this.#creators.has(transaction)) return;
    const isChanged = await createEntityTables(transaction, this.#unitParts.dialect, this.#tables);
    if (isChanged) {
      this.#creators.add(transaction);
      this.#logger.info({ schema: this.#tables.schema.name }, "tables of entities were created or extended");
    } else this.#areTablesCommitted = true;
  }
}

/** Runs the application's work and, whatever comes of it, waits for all that it has begun. */
async function finished<T>(
  unit: UnitOfWork,
  work: (unit: Unit) => Promise<T>,
): Promise<{ result: T; deltas: readonly DeltaObject[] }> {
  let result: T;
  try {
    result = await work(unit);
  } catch (error) {
    // The application's own error counts, also where a write has failed besides.
    await unit.finish().catch(() => undefined);
    throw error;
  }
  return { result, deltas: await unit.finish() };
}

function checkSiteId(siteId: string): string {
  if (siteId.length <= CLIENT_ID_LENGTH_MAX && siteId.isWellFormed()) return siteId;
  throw new LiveDistError("Config", `siteId must have at most ${CLIENT_ID_LENGTH_MAX} characters`);
}
