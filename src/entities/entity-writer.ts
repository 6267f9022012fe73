import type { SqlSession } from "../store/store.js";
import { formatTopicsList } from "../topics/topics-list.js";
import { formatVersions } from "./entity-versions.js";
import type { LooseFields, StoredEntity } from "./entity.js";
import { checkPartTechIds } from "./part-lists.js";
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
    const { techId, topics, updateTime, fields } = stored.entity;
    checkPartTechIds(table, fields);
    const row = [
      techId,
      formatTopicsList(topics),
      updateTime.getTime(),
      stored.inCache ? 1 : 0,
      formatVersions(stored.versions),
      ...sqlValues(this.#dialect, table.fields, fields),
    ];
    await runAll(this.#session, table.sql.insertRows([row]));
    if (table.parts.length > 0) await this.#parts(techId).insertAll(table, techId, fields);
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
