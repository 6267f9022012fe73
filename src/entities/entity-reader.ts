import type { Clock } from "../base/clock.js";
import { STREAM_BATCH_ROWS_MAX } from "../base/limits.js";
import type { DeltaClass } from "../delta/delta-class.js";
import type { Snapshot, SqlSession } from "../store/store.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { StoredEntity } from "./entity.js";
import { idLists } from "./id-lists.js";
import { RowReader } from "./row-reader.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import { restrictedTable, type EntityTable } from "./sql/entity-table.js";
import type { EntityTables } from "./sql/entity-tables.js";
import { TableLayout } from "./sql/table-layout.js";

/** An entity and the table it stands in. */
export interface FoundEntity {
  readonly table: EntityTable;
  readonly stored: StoredEntity;
}

/** Reads entities inside transactions and snapshots. */
export class EntityReader {
  readonly #dialect: EntitiesDialect;
  readonly #tables: EntityTables;
  readonly #clock: Clock;
  readonly #rows: RowReader;
  #areTablesThere = false;

  constructor(dialect: EntitiesDialect, tables: EntityTables, clock: Clock) {
    this.#dialect = dialect;
    this.#tables = tables;
    this.#clock = clock;
    this.#rows = new RowReader(dialect);
  }

  /** Gives the tables of a class and of those that derive from it, or all, as far as a snapshot has them: it may be older. */
  async tablesIn(snapshot: Snapshot, deltaClass?: DeltaClass): Promise<readonly EntityTable[]> {
    const tables = deltaClass === undefined ? this.#tables.entities : this.#tables.ofFamily(deltaClass);
    if (this.#areTablesThere) return tables;
    const layout = await TableLayout.read(snapshot, this.#dialect, this.#tables);
    this.#areTablesThere = layout.isComplete(this.#tables);
    if (this.#areTablesThere) return tables;
    const has = layout.has.bind(layout);
    return tables.filter(({ name }) => has(name)).map((table) => restrictedTable(this.#dialect, table, has));
  }

  /** Finds an entity in one of some tables. */
  find(session: SqlSession, tables: readonly EntityTable[], techId: string): Promise<FoundEntity | undefined> {
    return this.#find(session, tables, techId, ({ sql }) => sql.selectOne);
  }

  /** Finds an entity and keeps other transactions from changing it until this one ends. */
  lock(session: SqlSession, tables: readonly EntityTable[], techId: string): Promise<FoundEntity | undefined> {
    return this.#find(session, tables, techId, ({ sql }) => sql.lockOne);
  }

  /** Does so with some entities of one table, each named once; gives those that are there by their tech-ids. */
  async lockSome(
    session: SqlSession,
    table: EntityTable,
    techIds: readonly string[],
  ): Promise<ReadonlyMap<string, FoundEntity>> {
    const found = new Map<string, FoundEntity>();
    const [first] = techIds;
    const lists = first !== undefined && techIds.length === 1 ? [[first]] : idLists(techIds);
    for (const list of lists) {
      const { lockOne, lockSome } = table.sql;
      const rows = await session.all(list.length === 1 ? lockOne : lockSome, list);
      for (const stored of await this.#rows.read(session, table, rows))
        found.set(stored.entity.techId, { table, stored });
    }
    return found;
  }

  async #find(
    session: SqlSession,
    tables: readonly EntityTable[],
    techId: string,
    select: (table: EntityTable) => string,
  ): Promise<FoundEntity | undefined> {
    for (const table of tables) {
      const rows = await session.all(select(table), [techId]);
      const [stored] = await this.#rows.read(session, table, rows);
      if (stored !== undefined) return { table, stored };
    }
    return undefined;
  }

  /** Gives the entities of some tables in batches. Nothing may write meanwhile. */
  async *stream(
    session: SqlSession,
    tables: readonly EntityTable[],
    slice?: TopicsSlice,
  ): AsyncGenerator<StoredEntity[], undefined> {
    for (const table of tables) {
      const { sql, parameters } = table.sql.selectAll(slice, this.#now());
      for await (const rows of session.stream(sql, parameters)) yield await this.#rows.read(session, table, rows);
    }
  }

  /** Gives those entities of a table that have some tech-ids, in batches. Nothing may write meanwhile. */
  async *some(
    session: SqlSession,
    table: EntityTable,
    techIds: readonly string[],
  ): AsyncGenerator<StoredEntity[], undefined> {
    const [first] = techIds;
    if (first !== undefined && techIds.length === 1) {
      yield await this.#rows.read(session, table, await session.all(table.sql.selectOne, [first]));
      return;
    }
    for (const list of idLists(techIds)) {
      const batches = session.stream(table.sql.selectSome, list);
      for await (const rows of batches) yield await this.#rows.read(session, table, rows);
    }
  }

  /** Gives those entities of a table that have some tech-ids, without their parts. */
  async heads(session: SqlSession, table: EntityTable, techIds: readonly string[]): Promise<StoredEntity[]> {
    const entities: StoredEntity[] = [];
    for (const list of idLists(techIds)) {
      const rows = await session.all(table.sql.selectSome, list);
      for (const one of this.#rows.readHeads(table, rows)) entities.push(one);
    }
    return entities;
  }

  /** Gives the entities of a table that come next after a tech-id ("" is before all), by tech-id; none at the end. */
  async page(
    session: SqlSession,
    table: EntityTable,
    afterTechId: string,
    slice?: TopicsSlice,
  ): Promise<StoredEntity[]> {
    const { sql, parameters } = table.sql.selectPage(afterTechId, STREAM_BATCH_ROWS_MAX, slice, this.#now());
    return this.#rows.read(session, table, await session.all(sql, parameters));
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
