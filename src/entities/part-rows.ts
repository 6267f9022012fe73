import type { SqlSession, SqlValue } from "../store/store.js";
import type { LooseFields, LoosePart } from "./entity.js";
import { partsIn } from "./part-lists.js";
import { sqlValues } from "./sql-values.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import type { FieldsTable, PartTable } from "./sql/entity-table.js";
import { runAll } from "./sql/run-all.js";

/** Rows of new parts, of one entity or of many, gathered so that those of one table are inserted together. */
export class PartRows {
  readonly #dialect: EntitiesDialect;
  readonly #rows = new Map<PartTable, SqlValue[][]>();

  constructor(dialect: EntitiesDialect) {
    this.#dialect = dialect;
  }

  /** Adds the rows of a new part of an owner, and of the parts in it, to those of their tables: owners stand first. */
  add(entityId: string, table: PartTable, ownerId: string, part: LoosePart, position: number): void {
    const { techId } = part;
    const ids = table.isNested ? [entityId, ownerId, techId] : [ownerId, techId];
    const row = [...ids, position, ...sqlValues(this.#dialect, table.fields, part)];
    const others = this.#rows.get(table);
    if (others === undefined) this.#rows.set(table, [row]);
    else others.push(row);
    this.addAll(entityId, table, techId, part);
  }

  /** Adds all parts of a new owner. */
  addAll(entityId: string, owner: FieldsTable, ownerId: string, fields: LooseFields): void {
    for (const table of owner.parts) {
      const parts = partsIn(fields[table.field.name]);
      for (const [position, part] of parts.entries()) this.add(entityId, table, ownerId, part, position);
    }
  }

  async insert(session: SqlSession): Promise<void> {
    for (const [{ sql }, rows] of this.#rows) await runAll(session, sql.insertRows(rows));
  }
}
