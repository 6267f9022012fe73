import { assert } from "../../base/assert.js";
import type { TopicsSlice } from "../../topics/topics-slice.js";
import type { SqlValue } from "../../store/store.js";
import type { Column, EntitiesDialect, SqlText } from "./entities-dialect.js";
import type { FieldsTable, PartTable } from "./entity-table.js";
import { SourceSql } from "./source-sql.js";

/** Tech-ids in one IN (…): the statement's text stays the same whatever their number, so that it is prepared once. */
export const IDS_IN_STATEMENT = 250;

/** What statements have to know of a table. */
type SqlTable = Pick<FieldsTable, "name" | "columns" | "source">;

/** Writes the statements that serve any table with fields; each text is made once. */
class FieldsSql {
  protected readonly dialect: EntitiesDialect;
  protected readonly table: string;
  protected readonly insert: string;
  protected readonly select: string;
  /** Writes the other half of what concerns fields that stand in a table of the application's. */
  protected readonly source: SourceSql | undefined;
  readonly #name: string;
  readonly #columns: readonly Column[];

  constructor(dialect: EntitiesDialect, table: SqlTable & Partial<Pick<PartTable, "entityColumn">>) {
    const names = table.columns.map(({ name }) => dialect.quote(name));
    this.dialect = dialect;
    this.#name = table.name;
    this.#columns = table.columns;
    this.table = dialect.quote(table.name);
    this.source = table.source && new SourceSql(dialect, table.source, table);
    this.insert = `INSERT INTO ${this.table} (${names.join(", ")}) VALUES (${markers(names.length)})`;
    const all = [...names, ...(this.source?.fields() ?? []).map(dialect.quote)];
    // Without its name, a column that was created in other letters would come back under those.
    this.select = `SELECT ${all.map((name) => `${name} AS ${name}`).join(", ")} FROM ${this.source?.joined ?? this.table}`;
  }

  /** Writes what inserts some rows, each with the values of LiveDist's columns and of the fields in their order. */
  insertRows(rows: readonly SqlValue[][]): SqlText[] {
    const { source } = this;
    if (source === undefined) return this.#insertOwn(rows);
    const own = rows.map((row) => row.slice(0, this.#columns.length));
    return [...rows.map((row) => source.insert(row)), ...this.#insertOwn(own)];
  }

  #insertOwn(rows: readonly SqlValue[][]): SqlText[] {
    if (rows.length > 1 && this.dialect.insertRows) return [this.dialect.insertRows(this.#name, this.#columns, rows)];
    return rows.map((parameters) => ({ sql: this.insert, parameters }));
  }

  /** Writes what updates some columns of the row that has the given ids, where `key` says which it is. */
  protected updateOf(columns: readonly string[], values: readonly SqlValue[], key: string, ids: SqlValue[]): SqlText[] {
    if (this.source === undefined) return [this.#updateOwn(columns, values, key, ids)];
    const inSource = new Set(this.source.fields());
    const own = changesOf(columns, values, (name) => !inSource.has(name));
    const fields = changesOf(columns, values, (name) => inSource.has(name));
    return [
      ...(own.names.length === 0 ? [] : [this.#updateOwn(own.names, own.values, key, ids)]),
      ...(fields.names.length === 0 ? [] : [this.source.update(fields.names, fields.values, ids)]),
    ];
  }

  #updateOwn(columns: readonly string[], values: readonly SqlValue[], key: string, ids: SqlValue[]): SqlText {
    const sets = columns.map((name) => `${this.dialect.quote(name)} = ?`);
    return { sql: `UPDATE ${this.table} SET ${sets.join(", ")} WHERE ${key}`, parameters: [...values, ...ids] };
  }
}

/** Gives those of some columns that are wanted, and their values. */
function changesOf(columns: readonly string[], values: readonly SqlValue[], isWanted: (name: string) => boolean) {
  const at = columns.flatMap((name, index) => (isWanted(name) ? [index] : []));
  return { names: at.map((index) => columns[index]!), values: at.map((index) => values[index]!) };
}

function markers(count: number): string {
  return new Array<string>(count).fill("?").join(", ");
}

/** The statements of one table of entities. */
export class EntitySql extends FieldsSql {
  readonly selectOne: string;
  /** Keeps other transactions from changing the entity until this one ends. */
  readonly lockOne: string;
  /** Parameters: IDS_IN_STATEMENT tech-ids. */
  readonly selectSome: string;
  /** Does with some what `lockOne` does. */
  readonly lockSome: string;
  protected readonly removeOwn: string;
  readonly selectTechId: string;
  readonly selectTechIds: string;
  /** Gives TechId and Topics of all entities. */
  readonly selectTopics: string;

  constructor(dialect: EntitiesDialect, table: SqlTable) {
    super(dialect, table);
    const one = `${dialect.quote("TechId")} = ?`;
    const some = `${dialect.quote("TechId")} IN (${markers(IDS_IN_STATEMENT)})`;
    this.selectOne = `${this.select} WHERE ${one}`;
    this.selectSome = `${this.select} WHERE ${some}`;
    this.lockOne = this.#locked(one, 1);
    this.lockSome = this.#locked(some, IDS_IN_STATEMENT);
    this.removeOwn = `DELETE FROM ${this.table} WHERE ${dialect.quote("TechId")} = ?`;
    this.selectTechIds = `SELECT ${dialect.quote("TechId")} AS ${dialect.quote("TechId")} FROM ${this.table}`;
    const topics = dialect.quote("Topics");
    this.selectTopics = `SELECT ${dialect.quote("TechId")} AS ${dialect.quote("TechId")}, ${topics} AS ${topics} FROM ${this.table}`;
    this.selectTechId = `SELECT ${dialect.quote("TechId")} FROM ${this.table} WHERE ${dialect.quote("TechId")} = ?`;
  }

  #locked(where: string, count: number): string {
    const { ahead, behindTable, behindSelect } = this.dialect.rowLock;
    return `${ahead?.(this.table, count) ?? ""}${this.select}${behindTable} WHERE ${where}${behindSelect}`;
  }

  update(techId: string, columns: readonly string[], values: readonly SqlValue[]): SqlText[] {
    return this.updateOf(columns, values, `${this.dialect.quote("TechId")} = ?`, [techId]);
  }

  remove(techId: string): SqlText[] {
    const own = { sql: this.removeOwn, parameters: [techId] };
    return this.source === undefined ? [own] : [this.source.remove([techId]), own];
  }

  /** Puts rows of LiveDist's beside those of the application's table; `SourceSql.takeOverEntities` says with what. */
  takeOver(inCache: boolean, nowMs: number): string {
    assert(this.source !== undefined, "the table is the application's");
    return this.source.takeOverEntities(inCache, nowMs);
  }

  /** Selects all entities, or those that a slice selects. */
  selectAll(slice: TopicsSlice | undefined, now: Date): SqlText {
    if (slice === undefined) return { sql: this.select, parameters: [] };
    const { sql, parameters } = this.dialect.condition(slice, now);
    return { sql: `${this.select} WHERE ${sql}`, parameters };
  }

  /** Selects the entities behind a tech-id ("" is before all), by tech-id. */
  selectPage(afterTechId: string, rows: number, slice: TopicsSlice | undefined, now: Date): SqlText {
    const techId = this.dialect.quote("TechId");
    const condition = slice && this.dialect.condition(slice, now);
    const conditions = [...(afterTechId === "" ? [] : [`${techId} > ?`]), ...(condition ? [condition.sql] : [])];
    const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
    return {
      sql: this.dialect.firstRows(`${this.select}${where} ORDER BY ${techId}`, rows),
      parameters: [...(afterTechId === "" ? [] : [afterTechId]), ...(condition?.parameters ?? [])],
    };
  }
}

/** The statements of one table of parts. */
export class PartSql extends FieldsSql {
  /** Parameters: IDS_IN_STATEMENT tech-ids of entities. */
  readonly selectOfEntities: string;
  /** Parameter: the entity's tech-id, as in those that follow. */
  readonly selectOfEntity: string;
  protected readonly removeOwnOfEntity: string;
  protected readonly removeOwn: string;
  /** Gives LastPosition, null where there is none. Parameters: the tech-ids of the entity and of the owner. */
  readonly lastPosition: string;
  /** Gives OwnerTechId of an owner with several parts. */
  readonly selectSecond: string;
  readonly #key: string;

  constructor(dialect: EntitiesDialect, table: SqlTable & Pick<PartTable, "entityColumn">) {
    super(dialect, table);
    const entity = dialect.quote(table.entityColumn);
    const position = dialect.quote("PartPosition");
    this.#key = `${entity} = ? AND ${dialect.quote("TechId")} = ?`;
    this.selectOfEntities = `${this.select} WHERE ${entity} IN (${markers(IDS_IN_STATEMENT)}) ORDER BY ${position}`;
    this.selectOfEntity = `${this.select} WHERE ${entity} = ? ORDER BY ${position}`;
    this.removeOwnOfEntity = `DELETE FROM ${this.table} WHERE ${entity} = ?`;
    this.removeOwn = `DELETE FROM ${this.table} WHERE ${this.#key}`;
    this.selectSecond = this.dialect.firstRows(
      `SELECT ${dialect.quote("OwnerTechId")} AS ${dialect.quote("OwnerTechId")} FROM ${this.table} WHERE ${position} > 0 ORDER BY ${position}`,
      1,
    );
    this.lastPosition =
      `SELECT MAX(${position}) AS ${dialect.quote("LastPosition")} FROM ${this.table}` +
      ` WHERE ${entity} = ? AND ${dialect.quote("OwnerTechId")} = ?`;
  }

  update(entityId: string, techId: string, columns: readonly string[], values: readonly SqlValue[]): SqlText[] {
    return this.updateOf(columns, values, this.#key, [entityId, techId]);
  }

  remove(entityId: string, techId: string): SqlText[] {
    const own = { sql: this.removeOwn, parameters: [entityId, techId] };
    return this.source === undefined ? [own] : [this.source.remove([entityId, techId]), own];
  }

  removeOfEntity(entityId: string): SqlText[] {
    const own = { sql: this.removeOwnOfEntity, parameters: [entityId] };
    return this.source === undefined ? [own] : [this.source.removeOfEntity(entityId), own];
  }

  /** Puts rows of LiveDist's beside those of the application's table; `SourceSql.takeOverParts` says which. */
  takeOver(ownerTable: string, ownerEntityColumn: string): string {
    assert(this.source !== undefined, "the table is the application's");
    return this.source.takeOverParts(ownerTable, ownerEntityColumn);
  }
}
