import type { SqlSession, SqlValue } from "../store/store.js";
import { formatTopicsList } from "../topics/topics-list.js";
import { formatVersions } from "./entity-versions.js";
import type { FoundEntity } from "./entity-reader.js";
import type { LooseFields, StoredEntity } from "./entity.js";
import { checkPartTechIds } from "./part-lists.js";
import { PartRows } from "./part-rows.js";
import { PartWriter } from "./part-writer.js";
import { sqlValues } from "./sql-values.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import { runAll } from "./sql/run-all.js";
import { withPartTables, type EntityTable, type FieldsTable, type PartTable } from "./sql/entity-table.js";

/** Writes entities and their parts in one transaction. Values and tech-ids were checked. */
export class EntityWriter {
  readonly #session: SqlSession;
  readonly #dialect: EntitiesDialect;

  constructor(session: SqlSession, dialect: EntitiesDialect) {
    this.#session = session;
    this.#dialect = dialect;
  }

  /** Rejects with Entity where two parts that stand in one table have the same tech-id, as `update` does. */
  async insert(table: EntityTable, stored: StoredEntity): Promise<void> {
    return this.insertAll([{ table, stored }]);
  }

  /** Inserts entities, those of one table together, and then the parts of all of them. Rejects as `insert` does. */
  async insertAll(entities: readonly FoundEntity[]): Promise<void> {
    const rows = new Map<EntityTable, SqlValue[][]>();
    const parts = new PartRows(this.#dialect);
    for (const { table, stored } of entities) {
      const { techId, fields } = stored.entity;
      checkPartTechIds(table, fields);
      const others = rows.get(table);
      const row = this.#rowOf(table, stored);
      if (others === undefined) rows.set(table, [row]);
      else others.push(row);
      parts.addAll(techId, table, techId, fields);
    }
    for (const [{ sql }, some] of rows) await runAll(this.#session, sql.insertRows(some));
    await parts.insert(this.#session);
  }

  #rowOf(table: EntityTable, stored: StoredEntity): SqlValue[] {
    const { techId, topics, updateTime, fields } = stored.entity;
    return [
      techId,
      formatTopicsList(topics),
      updateTime.getTime(),
      stored.inCache ? 1 : 0,
      formatVersions(stored.versions),
      ...sqlValues(this.#dialect, table.fields, fields),
    ];
  }

  /** `stored` is the entity afterwards; `modified` is what the fields' UPDATE delta says. */
  async update(table: EntityTable, stored: StoredEntity, modified: LooseFields, before: LooseFields): Promise<void> {
    const { techId, topics, updateTime, fields: after } = stored.entity;
    const changed = table.fields.filter(({ name }) => Object.hasOwn(modified, name));
    const columns = ["Topics", "UpdateTime", "Versions", ...changed.map(({ name }) => name)];
    const values = [
      formatTopicsList(topics),
      updateTime.getTime(),
      formatVersions(stored.versions),
      ...sqlValues(this.#dialect, changed, modified),
    ];
    await runAll(this.#session, table.sql.update(techId, columns, values));
    if (!table.parts.some(({ field }) => Object.hasOwn(modified, field.name))) return;
    checkPartTechIds(table, after);
    const parts = this.#parts(techId);
    // All that goes, goes first: a part may move to another owner within its entity.
    await parts.removeDeleted(table, before, modified);
    await parts.writeChanged(table, techId, { before, modified, after });
  }

  async remove(table: EntityTable, techId: string): Promise<void> {
    // Parts of parts go first: an application's own tables may refer to one another.
    const parts = withPartTables<FieldsTable>(table).filter(isPartTable).reverse();
    for (const one of parts) await runAll(this.#session, one.sql.removeOfEntity(techId));
    await runAll(this.#session, table.sql.remove(techId));
  }

  #parts(techId: string): PartWriter {
    return new PartWriter(this.#session, this.#dialect, techId);
  }
}

function isPartTable(table: FieldsTable): table is PartTable {
  return "entityColumn" in table;
}
