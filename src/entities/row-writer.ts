import type { PartDelta } from "../delta/delta-class.js";
import type { SqlSession, SqlValue } from "../store/store.js";
import { formatTopicsList } from "../topics/topics-list.js";
import { isInOrder } from "./change-parts.js";
import { formatVersions } from "./entity-versions.js";
import type { LooseFields, LoosePart, StoredEntity } from "./entity.js";
import { entityError } from "./entity-error.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import {
  withPartTables,
  type EntityTable,
  type FieldsTable,
  type PartTable,
  type ValueField,
} from "./sql/entity-table.js";

/** Writes entities and their parts in one transaction. What it is given was checked. */
export class RowWriter {
  readonly #session: SqlSession;
  readonly #dialect: EntitiesDialect;

  constructor(session: SqlSession, dialect: EntitiesDialect) {
    this.#session = session;
    this.#dialect = dialect;
  }

  async insert(table: EntityTable, stored: StoredEntity): Promise<void> {
    const { techId, fields } = stored.entity;
    checkPartTechIds(table, fields);
    const { topics, updateTime, versions } = headOf(stored);
    const inCache = stored.inCache ? 1 : 0;
    await this.#session.run(table.sql.insert, [
      techId,
      topics,
      updateTime,
      inCache,
      versions,
      ...this.#values(table.fields, fields),
    ]);
    for (const one of table.parts) await this.#insertParts(one, techId, techId, partsIn(fields[one.field.name]), 0);
  }

  /** `modified` is what the fields' UPDATE delta says, `before` and the entity's fields are all of them. */
  async update(table: EntityTable, stored: StoredEntity, modified: LooseFields, before: LooseFields): Promise<void> {
    const { techId, fields: after } = stored.entity;
    if (table.parts.some(({ field }) => modified[field.name] !== undefined)) checkPartTechIds(table, after);
    const { topics, updateTime, versions } = headOf(stored);
    const fields = modifiedFields(table, modified);
    const columns = ["Topics", "UpdateTime", "Versions", ...fields.map(({ name }) => name)];
    const parameters = [topics, updateTime, versions, ...this.#values(fields, modified), techId];
    await this.#session.run(table.sql.update(columns), parameters);
    // All that goes, goes first: a part may move to another owner within its entity.
    await this.#removeParts(table, techId, before, modified);
    await this.#changeParts(table, techId, techId, { before, modified, after });
  }

  async remove(table: EntityTable, techId: string): Promise<void> {
    for (const one of withPartTables<FieldsTable>(table).filter(isPartTable))
      await this.#session.run(one.sql.removeOfEntity, [techId]);
    await this.#session.run(table.sql.remove, [techId]);
  }

  #values(fields: readonly ValueField[], values: LooseFields): SqlValue[] {
    return fields.map(({ name, type }) => {
      const value = values[name];
      return value === null ? null : (this.#dialect.toSql[type.kind] as (one: unknown) => SqlValue)(value);
    });
  }

  async #insertParts(
    table: PartTable,
    entityId: string,
    ownerId: string,
    parts: readonly LoosePart[],
    firstPosition: number,
  ): Promise<void> {
    for (const [at, part] of parts.entries())
      await this.#insertPart(table, entityId, ownerId, part, firstPosition + at);
  }

  async #insertPart(
    table: PartTable,
    entityId: string,
    ownerId: string,
    part: LoosePart,
    position: number,
  ): Promise<void> {
    const { techId } = part;
    const ids = table.isNested ? [entityId, ownerId, techId] : [ownerId, techId];
    await this.#session.run(table.sql.insert, [...ids, position, ...this.#values(table.fields, part)]);
    for (const one of table.parts) await this.#insertParts(one, entityId, techId, partsIn(part[one.field.name]), 0);
  }

  async #removeParts(owner: FieldsTable, entityId: string, before: LooseFields, modified: LooseFields): Promise<void> {
    for (const table of owner.parts) {
      const { name, type } = table.field;
      const changes = new Map(deltasIn(modified[name]).map((delta) => [delta.techId, delta]));
      if (changes.size === 0) continue;
      for (const part of partsIn(before[name])) {
        const change = changes.get(part.techId);
        // A single part goes without a word where another takes its place.
        const isReplaced = type.kind === "part" && change === undefined;
        if (isReplaced || change?.oper === "DELETE") await this.#removePart(table, entityId, part);
        else if (change !== undefined) await this.#removeParts(table, entityId, part, fieldsOf(change));
      }
    }
  }

  async #removePart(table: PartTable, entityId: string, part: LoosePart): Promise<void> {
    for (const one of table.parts)
      for (const inner of partsIn(part[one.field.name])) await this.#removePart(one, entityId, inner);
    await this.#session.run(table.sql.remove, [entityId, part.techId]);
  }

  async #changeParts(
    owner: FieldsTable,
    entityId: string,
    ownerId: string,
    { before, modified, after }: PartFields,
  ): Promise<void> {
    for (const table of owner.parts) {
      const { name } = table.field;
      const deltas = deltasIn(modified[name]).filter(({ oper }) => oper !== "DELETE");
      if (deltas.length === 0) continue;
      const [held, wanted] = [partsIn(before[name]), partsIn(after[name])];
      await this.#changeList(table, entityId, ownerId, { held, wanted, deltas });
    }
  }

  async #changeList(
    table: PartTable,
    entityId: string,
    ownerId: string,
    { held, wanted, deltas }: PartsChange,
  ): Promise<void> {
    const heldById = new Map(held.map((part) => [part.techId, part]));
    const changes = new Map(deltas.map((delta) => [delta.techId, delta]));
    const isInPlace = isInOrder(held, wanted);
    let position =
      isInPlace && deltas.some(({ oper }) => oper === "CREATE")
        ? await this.#nextPosition(table, entityId, ownerId, held)
        : 0;
    for (const part of wanted) {
      const before = heldById.get(part.techId);
      const change = changes.get(part.techId);
      if (before === undefined) await this.#insertPart(table, entityId, ownerId, part, position++);
      else if (!isInPlace) await this.#session.run(table.sql.setPosition, [position++, entityId, part.techId]);
      if (before !== undefined && change !== undefined)
        await this.#updatePart(table, entityId, { before, modified: fieldsOf(change), after: part });
    }
  }

  async #updatePart(
    table: PartTable,
    entityId: string,
    fields: PartFields & { readonly after: LoosePart },
  ): Promise<void> {
    const { modified, after } = fields;
    const changed = modifiedFields(table, modified);
    if (changed.length > 0) {
      const columns = changed.map(({ name }) => name);
      await this.#session.run(table.sql.update(columns), [...this.#values(changed, modified), entityId, after.techId]);
    }
    await this.#changeParts(table, entityId, after.techId, fields);
  }

  /** Gives the position behind all parts of an owner. */
  async #nextPosition(
    table: PartTable,
    entityId: string,
    ownerId: string,
    held: readonly LoosePart[],
  ): Promise<number> {
    if (held.length === 0) return 0;
    const [row] = await this.#session.all(table.sql.lastPosition, [entityId, ownerId]);
    return Number(row?.["LastPosition"] ?? -1) + 1;
  }
}

/** The fields of an entity or part before and after, and what its delta says of them. */
interface PartFields {
  readonly before: LooseFields;
  readonly modified: LooseFields;
  readonly after: LooseFields;
}

/** The parts of one owner before and after, and the second-class deltas that are not DELETE. */
interface PartsChange {
  readonly held: readonly LoosePart[];
  readonly wanted: readonly LoosePart[];
  readonly deltas: readonly PartDelta[];
}

function headOf({ entity, versions }: StoredEntity): { topics: string; updateTime: number; versions: string } {
  return {
    topics: formatTopicsList(entity.topics),
    updateTime: entity.updateTime.getTime(),
    versions: formatVersions(versions),
  };
}

function isPartTable(table: FieldsTable): table is PartTable {
  return "entityColumn" in table;
}

function modifiedFields(table: FieldsTable, modified: LooseFields): ValueField[] {
  return table.fields.filter(({ name }) => Object.hasOwn(modified, name));
}

function fieldsOf({ fields = {} }: PartDelta): LooseFields {
  return fields;
}

/** Gives what a field of parts holds as a list, also where it holds one part or none. */
function partsIn(value: unknown): readonly LoosePart[] {
  return listOf(value) as LoosePart[];
}

/** Gives the second-class deltas of a field of parts. */
function deltasIn(value: unknown): readonly PartDelta[] {
  return listOf(value) as PartDelta[];
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
}

/** Throws Entity where two parts of an entity that stand in one table have the same tech-id. */
function checkPartTechIds(table: FieldsTable, fields: LooseFields): void {
  for (const one of table.parts) {
    if (one.parts.length === 0) continue;
    checkInnerTechIds(one, partsIn(fields[one.field.name]));
  }
}

/** Within one list they were found to differ already. */
function checkInnerTechIds(table: PartTable, owners: readonly LoosePart[]): void {
  for (const one of table.parts) {
    const parts = owners.flatMap((owner) => partsIn(owner[one.field.name]));
    if (new Set(parts.map(({ techId }) => techId)).size < parts.length) {
      throw entityError(`two parts in ${one.field.name} of ${table.deltaClass.name} have the same techId`);
    }
    checkInnerTechIds(one, parts);
  }
}
