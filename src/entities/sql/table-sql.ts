import type { TopicsSlice } from "../../topics/topics-slice.js";
import type { SqlValue } from "../../store/store.js";
import type { Column, EntitiesDialect, SqlText } from "./entities-dialect.js";
import type { FieldsTable, PartTable } from "./entity-table.js";

/** Tech-ids in one IN (…): the statement's text stays the same whatever their number, so that it is prepared once. */
export const IDS_IN_STATEMENT = 250;

/** Writes the statements that serve any table with fields; each text is made once. */
class FieldsSql {
  protected readonly dialect: EntitiesDialect;
  protected readonly table: string;
  readonly insert: string;
  protected readonly select: string;
  readonly #name: string;
  readonly #columns: readonly Column[];

  constructor(dialect: EntitiesDialect, table: Pick<FieldsTable, "name" | "columns">) {
    const names = table.columns.map(({ name }) => dialect.quote(name));
    this.dialect = dialect;
    this.#name = table.name;
    this.#columns = table.columns;
    this.table = dialect.quote(table.name);
    this.insert = `INSERT INTO ${this.table} (${names.join(", ")}) VALUES (${markers(names.length)})`;
    // Without its name, a column that was created in other letters would come back under those.
    this.select = `SELECT ${names.map((name) => `${name} AS ${name}`).join(", ")} FROM ${this.table}`;
  }

  /** Writes what inserts some rows, each with the values of the columns in their order. */
  insertRows(rows: readonly SqlValue[][]): SqlText[] {
    if (rows.length > 1 && this.dialect.insertRows) return [this.dialect.insertRows(this.#name, this.#columns, rows)];
    return rows.map((parameters) => ({ sql: this.insert, parameters }));
  }

  /** Writes an UPDATE of some columns, in their order, where the key is the last parameters. */
  protected updateOf(columns: readonly string[], key: string): string {
    const sets = columns.map((name) => `${this.dialect.quote(name)} = ?`);
    return `UPDATE ${this.table} SET ${sets.join(", ")} WHERE ${key}`;
  }
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
  readonly remove: string;
  readonly selectTechId: string;
  readonly selectTechIds: string;
  /** Gives TechId and Topics of all entities. */
  readonly selectTopics: string;

  constructor(dialect: EntitiesDialect, table: Pick<FieldsTable, "name" | "columns">) {
    super(dialect, table);
    const { ahead, behindTable, behindSelect } = dialect.rowLock;
    this.selectOne = `${this.select} WHERE ${dialect.quote("TechId")} = ?`;
    const select = `${this.select}${behindTable} WHERE ${dialect.quote("TechId")} = ?${behindSelect}`;
    this.lockOne = (ahead?.(this.table) ?? "") + select;
    this.selectSome = `${this.select} WHERE ${dialect.quote("TechId")} IN (${markers(IDS_IN_STATEMENT)})`;
    this.remove = `DELETE FROM ${this.table} WHERE ${dialect.quote("TechId")} = ?`;
    this.selectTechIds = `SELECT ${dialect.quote("TechId")} AS ${dialect.quote("TechId")} FROM ${this.table}`;
    const topics = dialect.quote("Topics");
    this.selectTopics = `SELECT ${dialect.quote("TechId")} AS ${dialect.quote("TechId")}, ${topics} AS ${topics} FROM ${this.table}`;
    this.selectTechId = `SELECT ${dialect.quote("TechId")} FROM ${this.table} WHERE ${dialect.quote("TechId")} = ?`;
  }

  /** Parameters: the columns, then the tech-id. */
  update(columns: readonly string[]): string {
    return this.updateOf(columns, `${this.dialect.quote("TechId")} = ?`);
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
  readonly removeOfEntity: string;
  /** Parameters: the tech-ids of the entity and of the part. */
  readonly remove: string;
  /** Parameters: the position, then the tech-ids of the entity and of the part. */
  readonly setPosition: string;
  /** Gives LastPosition, null where there is none. Parameters: the tech-ids of the entity and of the owner. */
  readonly lastPosition: string;
  readonly #key: string;

  constructor(dialect: EntitiesDialect, table: Pick<PartTable, "name" | "columns" | "entityColumn">) {
    super(dialect, table);
    const entity = dialect.quote(table.entityColumn);
    const position = dialect.quote("PartPosition");
    this.#key = `${entity} = ? AND ${dialect.quote("TechId")} = ?`;
    this.selectOfEntities = `${this.select} WHERE ${entity} IN (${markers(IDS_IN_STATEMENT)}) ORDER BY ${position}`;
    this.selectOfEntity = `${this.select} WHERE ${entity} = ? ORDER BY ${position}`;
    this.removeOfEntity = `DELETE FROM ${this.table} WHERE ${entity} = ?`;
    this.remove = `DELETE FROM ${this.table} WHERE ${this.#key}`;
    this.setPosition = this.update(["PartPosition"]);
    this.lastPosition =
      `SELECT MAX(${position}) AS ${dialect.quote("LastPosition")} FROM ${this.table}` +
      ` WHERE ${entity} = ? AND ${dialect.quote("OwnerTechId")} = ?`;
  }

  /** Parameters: the columns, then the tech-ids of the entity and of the part. */
  update(columns: readonly string[]): string {
    return this.updateOf(columns, this.#key);
  }
}
