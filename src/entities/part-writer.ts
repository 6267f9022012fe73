import type { PartDelta } from "../delta/delta-class.js";
import type { SqlSession } from "../store/store.js";
import { isInOrder } from "./change-parts.js";
import type { LooseFields, LoosePart } from "./entity.js";
import { deltasIn, partsIn } from "./part-lists.js";
import { PartRows } from "./part-rows.js";
import { sqlValues } from "./sql-values.js";
import type { EntitiesDialect, SqlText } from "./sql/entities-dialect.js";
import type { FieldsTable, PartTable } from "./sql/entity-table.js";
import { runAll } from "./sql/run-all.js";

/** The fields of an entity or part before and after an update, and what its delta says of them. */
export interface ChangedFields {
  readonly before: LooseFields;
  readonly modified: LooseFields;
  readonly after: LooseFields;
}

/** Writes the parts of one entity, at every depth. An owner is the entity or one of its parts. */
export class PartWriter {
  readonly #session: SqlSession;
  readonly #dialect: EntitiesDialect;
  readonly #entityId: string;

  constructor(session: SqlSession, dialect: EntitiesDialect, entityId: string) {
    this.#session = session;
    this.#dialect = dialect;
    this.#entityId = entityId;
  }

  /** Removes the parts that an update takes away from an owner. */
  async removeDeleted(owner: FieldsTable, before: LooseFields, modified: LooseFields): Promise<void> {
    for (const table of owner.parts) {
      const { name, type } = table.field;
      const changes = new Map(deltasIn(modified[name]).map((delta) => [delta.techId, delta]));
      if (changes.size === 0) continue;
      for (const part of partsIn(before[name])) {
        const change = changes.get(part.techId);
        // A single part goes without a word where another takes its place.
        const isReplaced = type.kind === "part" && change === undefined;
        // One that is created anew, under the tech-id that it had, takes nothing over.
        if (isReplaced || (change !== undefined && change.oper !== "UPDATE")) await this.#remove(table, part);
        else if (change !== undefined) await this.removeDeleted(table, part, fieldsOf(change));
      }
    }
  }

  /** Inserts and updates the parts that an update gives to an owner or modifies, and brings them into their order. */
  async writeChanged(owner: FieldsTable, ownerId: string, { before, modified, after }: ChangedFields): Promise<void> {
    for (const table of owner.parts) {
      const { name } = table.field;
      const deltas = deltasIn(modified[name]).filter(({ oper }) => oper !== "DELETE");
      if (deltas.length === 0) continue;
      const created = new Set(deltas.filter(({ oper }) => oper === "CREATE").map(({ techId }) => techId));
      const held = partsIn(before[name]).filter(({ techId }) => !created.has(techId));
      const wanted = partsIn(after[name]);
      await this.#updateHeld(table, held, wanted, deltas);
      await this.#arrange(table, ownerId, held, wanted);
    }
  }

  async #updateHeld(
    table: PartTable,
    held: readonly LoosePart[],
    wanted: readonly LoosePart[],
    deltas: readonly PartDelta[],
  ): Promise<void> {
    const heldById = new Map(held.map((part) => [part.techId, part]));
    const changes = new Map(deltas.map((delta) => [delta.techId, delta]));
    for (const after of wanted) {
      const before = heldById.get(after.techId);
      const change = changes.get(after.techId);
      if (before === undefined || change === undefined) continue;
      await this.#update(table, after.techId, { before, modified: fieldsOf(change), after });
    }
  }

  /** Puts new parts behind the others, and gives all their positions anew only where the order is another. */
  async #arrange(
    table: PartTable,
    ownerId: string,
    held: readonly LoosePart[],
    wanted: readonly LoosePart[],
  ): Promise<void> {
    const heldIds = new Set(held.map(({ techId }) => techId));
    const created = wanted.filter(({ techId }) => !heldIds.has(techId));
    const rows = new PartRows(this.#dialect);
    if (isInOrder(held, wanted)) {
      if (created.length === 0) return;
      let position = held.length === 0 ? 0 : await this.#nextPosition(table, ownerId);
      for (const part of created) rows.add(this.#entityId, table, ownerId, part, position++);
    } else {
      for (const [position, part] of wanted.entries()) {
        if (!heldIds.has(part.techId)) rows.add(this.#entityId, table, ownerId, part, position);
        else await this.#run(table.sql.update(this.#entityId, part.techId, ["PartPosition"], [position]));
      }
    }
    await rows.insert(this.#session);
  }

  async #nextPosition(table: PartTable, ownerId: string): Promise<number> {
    const [row] = await this.#session.all(table.sql.lastPosition, [this.#entityId, ownerId]);
    return Number(row?.["LastPosition"] ?? -1) + 1;
  }

  async #update(table: PartTable, techId: string, fields: ChangedFields): Promise<void> {
    const { modified } = fields;
    const changed = table.fields.filter(({ name }) => Object.hasOwn(modified, name));
    if (changed.length > 0) {
      const names = changed.map(({ name }) => name);
      const values = sqlValues(this.#dialect, changed, modified);
      await this.#run(table.sql.update(this.#entityId, techId, names, values));
    }
    await this.writeChanged(table, techId, fields);
  }

  async #remove(table: PartTable, part: LoosePart): Promise<void> {
    for (const one of table.parts) for (const inner of partsIn(part[one.field.name])) await this.#remove(one, inner);
    await this.#run(table.sql.remove(this.#entityId, part.techId));
  }

  #run(statements: readonly SqlText[]): Promise<void> {
    return runAll(this.#session, statements);
  }
}

function fieldsOf({ fields = {} }: PartDelta): LooseFields {
  return fields;
}
