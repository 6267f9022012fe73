import { systemClock, type Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { newTechId } from "../base/guid.js";
import { CLIENT_ID_LENGTH_MAX, CLOCK_AHEAD_MS_MAX } from "../base/limits.js";
import { silentLogger, type Logger } from "../base/logger.js";
import type { DeltaClass, FieldMap } from "../delta/delta-class.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Schema } from "../delta/schema.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import type { Snapshot, Store, Transaction } from "../store/store.js";
import { dropEntities } from "./drop-entities.js";
import { createDelta, type UpdateForm } from "./entity-deltas.js";
import { readIdsWhere, readTechIds, type EntityId } from "./entity-ids.js";
import { EntityReader } from "./entity-reader.js";
import type { TopicsOf } from "./entity-topics.js";
import type { Entity } from "./entity.js";
import { HybridClock } from "./hybrid-clock.js";
import { iterateSnapshot } from "./iterate-snapshot.js";
import type { MergePolicy } from "./merge-policy.js";
import type { Notifier } from "./notifier.js";
import { ReceiveWork } from "./receive-work.js";
import type { Origin, Receiver } from "./receiver.js";
import { Reception } from "./reception.js";
import { fatherTopics } from "./routes.js";
import { SiteClock } from "./site-clock.js";
import { entitiesDialect } from "./sql/entities-dialect.js";
import type { EntityTable } from "./sql/entity-table.js";
import type { ExistingTables } from "./sql/existing-table.js";
import { EntityTables } from "./sql/entity-tables.js";
import { runOrUndo } from "./sql/run-or-undo.js";
import { createEntityTables } from "./sql/table-layout.js";
import { takeOver } from "./take-over.js";
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
  /**
   * The site's name in the tree: stands in versions and breaks ties between sites. With one, all that is written here goes to
   * the father (guide §2.6.1). Default: empty.
   */
  readonly siteId?: string;
  /**
   * How updates go into the log. "PARTIAL+FULL" is for delta servers of one's own without a cache beside them. Default:
   * "UPDATE".
   */
  readonly updateForm?: UpdateForm;
  /**
   * Tables of the application's own that hold the fields of entities, by class; LiveDist's own columns then stand in tables
   * beside them (docs/databases.md). Default: none, LiveDist makes all tables.
   */
  readonly tables?: ExistingTables;
  /** Decides on what arrives from other sites for entities held here. Default: the newer version of each field counts. */
  readonly mergePolicy?: MergePolicy;
  /** Milliseconds that a version from another site may be ahead of the local clock. Default: CLOCK_AHEAD_MS_MAX. */
  readonly clockAheadMsMax?: number;
  /** Hears of tables and columns that are created. Default: nobody does. */
  readonly logger?: Logger;
  /** Wakes a delta server in another process (guide §4.1). */
  readonly notifier?: Notifier;
}

/**
 * The reference entities sub-system (guide §3): keeps the entities of a schema in tables, one for each first-class class and
 * one for each field of parts, and appends to the log what transactions change. The tables are created in the first
 * transaction; columns of fields that a class gets later are added. Where a class has a table of the application's own
 * (`tables`), the first transaction takes over the rows in it; it rejects with Config where the table cannot hold the fields.
 */
export class Entities implements IDeltaObjectsReader {
  readonly #store: Store;
  readonly #reception: Reception;
  readonly #tables: EntityTables;
  readonly #reader: EntityReader;
  readonly #unitParts: UnitParts;
  readonly #siteClock: SiteClock;
  readonly #logger: Logger;
  #areTablesCommitted = false;
  /** Transactions that created tables: others do not have them, nor has anyone if they are rolled back. */
  readonly #creators = new WeakSet<Transaction>();

  /**
   * Throws Config where a class needs a table that collides with another or with LiveDist's own, or `tables` names a class or
   * field that the schema does not have.
   */
  constructor(store: Store, schema: Schema, options: EntitiesOptions) {
    const { clock = systemClock, siteId = "", topicsOf } = options;
    const dialect = entitiesDialect(store.dialect);
    this.#store = store;
    this.#reception = new Reception(store, schema, options);
    this.#tables = new EntityTables(dialect, schema, store.tablesPrefix, options.tables);
    this.#reader = new EntityReader(dialect, this.#tables, clock);
    const hybridClock = new HybridClock(checkSiteId(siteId));
    this.#siteClock = new SiteClock(store, this.#tables.siteVersion, siteId, hybridClock);
    this.#logger = options.logger ?? silentLogger;
    this.#unitParts = {
      dialect,
      tables: this.#tables,
      reader: this.#reader,
      clock,
      hybridClock,
      newTechId: options.newTechId ?? newTechId,
      topicsOf,
      localTopics: siteId === "" ? [] : fatherTopics,
      updateForm: options.updateForm ?? "UPDATE",
      mergePolicy: options.mergePolicy,
      clockAheadMsMax: options.clockAheadMsMax ?? CLOCK_AHEAD_MS_MAX,
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
    return this.#transact((transaction) => new UnitOfWork(this.#unitParts, transaction), work, options);
  }

  /**
   * Runs `work`, which gives the receiver what came from the father or a son, in a transaction: what it changes here, and the
   * deltas that go on from here, which become one row of the log, are committed when it resolves (guide §2.6.2, §2.6.3). For
   * the rest, and `options.transaction`, see `transaction`.
   */
  async receive<T>(
    origin: Origin,
    work: (receiver: Receiver) => Promise<T>,
    options: { readonly transaction?: Transaction } = {},
  ): Promise<T> {
    return this.#transact((transaction) => new ReceiveWork(this.#unitParts, transaction, origin), work, options);
  }

  /**
   * Deletes entities physically, of whatever class and with their parts, as a part of a transaction of the store; appends
   * their DELETE deltas. Those that are not held are passed over. Rejects with Entity where a tech-id is no GUID, with Limit
   * where the deltas take more than DELTA_BUFFER_BYTES_MAX; roll the transaction back then.
   */
  async drop(transaction: Transaction, techIds: readonly string[]): Promise<void> {
    this.#checkTransaction(transaction);
    await this.#prepareTables(transaction);
    await this.#siteClock.resume(transaction);
    await this.#append(transaction, await dropEntities(this.#unitParts, transaction, techIds));
  }

  /** Gives the tech-ids of all entities, as they were all committed at one moment, in batches. */
  techIds(): AsyncIterable<readonly string[]> {
    return this.#iterate(readTechIds);
  }

  /** Gives the entities whose app topics a predicate wants, as of one moment, in batches. Reads nothing but their topics. */
  idsWhere(isWanted: (appTopics: readonly string[]) => boolean): AsyncIterable<readonly EntityId[]> {
    return this.#iterate((snapshot, tables) => readIdsWhere(snapshot, tables, isWanted));
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

  #iterate<T>(read: (snapshot: Snapshot, tables: readonly EntityTable[]) => AsyncIterable<T>): AsyncIterable<T> {
    const readTables = async function* (reader: EntityReader, snapshot: Snapshot) {
      yield* read(snapshot, await reader.tablesIn(snapshot));
    };
    return iterateSnapshot(this.#store, (snapshot) => readTables(this.#reader, snapshot));
  }

  async #transact<T, U>(
    open: Opener<U>,
    work: (unit: U) => Promise<T>,
    { transaction }: { readonly transaction?: Transaction },
  ): Promise<T> {
    if (transaction === undefined) return this.#store.transaction((own) => this.#run(own, open, work));
    this.#checkTransaction(transaction);
    return this.#runWithin(transaction, open, work);
  }

  #checkTransaction(transaction: Transaction): void {
    if ((transaction as Partial<Transaction>).store === this.#store) return;
    throw new LiveDistError("Store", "the transaction must be one that transaction() of the same store gave");
  }

  async #runWithin<T, U>(transaction: Transaction, open: Opener<U>, work: (unit: U) => Promise<T>): Promise<T> {
    // In front of the savepoint: the tables stay for the next part where this one fails.
    await this.#prepareTables(transaction);
    return runOrUndo(transaction, this.#unitParts.dialect, () => this.#run(transaction, open, work));
  }

  async #run<T, U>(transaction: Transaction, open: Opener<U>, work: (unit: U) => Promise<T>): Promise<T> {
    await this.#prepareTables(transaction);
    await this.#siteClock.resume(transaction);
    const { result, deltas } = await finished(open(transaction), work);
    await this.#append(transaction, deltas);
    return result;
  }

  async #append(transaction: Transaction, deltas: readonly DeltaObject[]): Promise<void> {
    if (deltas.length === 0) return;
    await this.#siteClock.note(transaction);
    await this.#reception.append(transaction, deltas);
  }

  async #prepareTables(transaction: Transaction): Promise<void> {
    if (this.#areTablesCommitted || this.#creators.has(transaction)) return;
    // An application may go on without what failed here, and must not be left with rows that are taken over in part.
    const isChanged =
      this.#tables.sources.length === 0
        ? await this.#createTables(transaction)
        : await runOrUndo(transaction, this.#unitParts.dialect, () => this.#createTables(transaction));
    if (isChanged) {
      this.#creators.add(transaction);
      this.#logger.info({ schema: this.#tables.schema.name }, "tables of entities were created or extended");
    } else this.#areTablesCommitted = true;
  }

  async #createTables(transaction: Transaction): Promise<boolean> {
    const { isChanged, created } = await createEntityTables(transaction, this.#unitParts.dialect, this.#tables);
    for (const table of this.#tables.entities) {
      if (table.source !== undefined && created.has(table)) await this.#takeOver(transaction, table);
    }
    return isChanged;
  }

  async #takeOver(transaction: Transaction, table: EntityTable): Promise<void> {
    await this.#siteClock.resume(transaction);
    const batches = takeOver(this.#unitParts, transaction, table);
    for await (const deltas of batches) await this.#append(transaction, deltas);
  }
}

/** Begins the work of one transaction. */
type Opener<U> = (transaction: Transaction) => U & Finishable;

interface Finishable {
  finish(): Promise<readonly DeltaObject[]>;
}

/** Runs the caller's work and, whatever comes of it, waits for all that it has begun. */
async function finished<T, U>(
  unit: U & Finishable,
  work: (unit: U) => Promise<T>,
): Promise<{ result: T; deltas: readonly DeltaObject[] }> {
  let result: T;
  try {
    result = await work(unit);
  } catch (error) {
    // The caller's own error counts, also where a write has failed besides.
    await unit.finish().catch(() => undefined);
    throw error;
  }
  return { result, deltas: await unit.finish() };
}

function checkSiteId(siteId: string): string {
  if (siteId.length <= CLIENT_ID_LENGTH_MAX && siteId.isWellFormed()) return siteId;
  throw new LiveDistError("Config", `siteId must have at most ${CLIENT_ID_LENGTH_MAX} characters`);
}
