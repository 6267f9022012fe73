import type { SqlValue } from "../../store/store.js";
import type { Column, EntitiesDialect, SqlText } from "./entities-dialect.js";
import { nameParts, type FieldsSource, type SourceColumn } from "./fields-source.js";

/** The table of LiveDist's that stands beside one of the application's. */
export interface BesideTable {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The column with the entity's tech-id in a table of parts. */
  readonly entityColumn?: string;
}

/** Fields can have neither name: no field has one that begins with a digit or holds a blank. */
const KEY = "1 key";
const OWNER = "1 owner";

/** Writes the statements over an application's table that holds the fields of entities or parts. */
export class SourceSql {
  /** What stands behind FROM in the place of a single table; its columns have the names of LiveDist's and of the fields. */
  readonly joined: string;
  readonly #insert: string;
  readonly #removeOfEntity: string;
  /** Where one row stands; `#idsOf` makes its parameters. */
  readonly #one: string;
  readonly #dialect: EntitiesDialect;
  readonly #table: string;
  readonly #beside: BesideTable;
  readonly #source: FieldsSource;
  readonly #byField: ReadonlyMap<string, SourceColumn>;

  constructor(dialect: EntitiesDialect, source: FieldsSource, beside: BesideTable) {
    const { quote } = dialect;
    this.#dialect = dialect;
    this.#source = source;
    this.#beside = beside;
    this.#table = nameParts(source.table).map(quote).join(".");
    this.#byField = new Map(source.columns.flatMap((one) => (one.field === undefined ? [] : [[one.field, one]])));
    this.joined = this.#join();
    const names = [source.key, ...(source.owner === undefined ? [] : [source.owner]), ...this.#fieldColumns()];
    const markers = names.map(() => "?").join(", ");
    this.#insert = `INSERT INTO ${this.#table} (${names.map(quote).join(", ")}) VALUES (${markers})`;
    const [own, entity] = [quote(beside.name), quote(beside.entityColumn ?? "TechId")];
    const inEntity = `FROM ${own} WHERE ${entity} = ?`;
    const key = `${quote(source.key)} = ?`;
    const owners = `${quote(source.owner ?? source.key)} IN (SELECT ${quote("OwnerTechId")} ${inEntity}`;
    this.#one = source.owner === undefined ? key : `${key} AND ${owners} AND ${quote("TechId")} = ?)`;
    this.#removeOfEntity =
      `DELETE FROM ${this.#table} WHERE ${quote(source.key)} IN (SELECT ${quote("TechId")} ${inEntity})` +
      (source.owner === undefined ? "" : ` AND ${owners})`);
  }

  /** The columns of fields, in the order in which rows give them. */
  fields(): string[] {
    return [...this.#byField.keys()];
  }

  /** Takes the values of LiveDist's columns, then those of the fields. */
  insert(row: readonly SqlValue[]): SqlText {
    const { columns } = this.#beside;
    const at = (name: string): SqlValue[] => [row[columns.findIndex((column) => column.name === name)]!];
    const ids = [...at("TechId"), ...(this.#source.owner === undefined ? [] : at("OwnerTechId"))];
    return { sql: this.#insert, parameters: [...ids, ...row.slice(columns.length)] };
  }

  /** `ids` are the tech-id of an entity, or those of the entity and of the part in it. */
  update(fields: readonly string[], values: readonly SqlValue[], ids: readonly SqlValue[]): SqlText {
    const sets = fields.map((field) => `${this.#dialect.quote(this.#byField.get(field)!.name)} = ?`);
    return {
      sql: `UPDATE ${this.#table} SET ${sets.join(", ")} WHERE ${this.#one}`,
      parameters: [...values, ...this.#idsOf(ids)],
    };
  }

  /** Has to come ahead of what removes the row beside it, as the next does. */
  remove(ids: readonly SqlValue[]): SqlText {
    return { sql: `DELETE FROM ${this.#table} WHERE ${this.#one}`, parameters: this.#idsOf(ids) };
  }

  removeOfEntity(entityId: string): SqlText {
    return { sql: this.#removeOfEntity, parameters: [entityId, entityId] };
  }

  /** Writes what puts a row beside each row that an application has; their topics and versions are still to be given. */
  takeOverEntities(inCache: boolean, nowMs: number): string {
    const { quote, columnTypes } = this.#dialect;
    const { key, updateTime } = this.#source;
    const now = `CAST(${nowMs} AS ${columnTypes.dateTime})`;
    const time = updateTime === undefined ? now : `COALESCE(${quote(updateTime)}, ${now})`;
    const cached = `CAST(${inCache ? 1 : 0} AS ${columnTypes.boolean})`;
    return (
      `INSERT INTO ${quote(this.#beside.name)} (${this.#beside.columns.map(({ name }) => quote(name)).join(", ")})` +
      ` SELECT ${quote(key)}, '', ${time}, ${cached}, '[0,0,""]' FROM ${this.#table}`
    );
  }

  /**
   * Does so for the parts whose owners have a row of LiveDist's; `ownerEntityColumn` is that one's column with the entity's
   * tech-id. Nothing tells their order, so they get that of their tech-ids.
   */
  takeOverParts(ownerTable: string, ownerEntityColumn: string): string {
    const { quote } = this.#dialect;
    const { name, columns, entityColumn } = this.#beside;
    const [key, owner] = [this.#source.key, this.#source.owner!].map((one) => `f.${quote(one)}`) as [string, string];
    const entity = entityColumn === "EntityTechId" ? `o.${quote(ownerEntityColumn)}, ` : "";
    return (
      `INSERT INTO ${quote(name)} (${columns.map((one) => quote(one.name)).join(", ")})` +
      ` SELECT ${entity}${owner}, ${key}, ROW_NUMBER() OVER (PARTITION BY ${owner} ORDER BY ${key}) - 1` +
      ` FROM ${this.#table} AS f JOIN ${quote(ownerTable)} AS o ON o.${quote("TechId")} = ${owner}`
    );
  }

  #fieldColumns(): string[] {
    return [...this.#byField.values()].map(({ name }) => name);
  }

  #idsOf(ids: readonly SqlValue[]): SqlValue[] {
    return this.#source.owner === undefined ? [...ids] : [ids[1]!, ...ids];
  }

  /** The columns get their fields' names inside, so that conditions outside find LiveDist's Topics and no one else's. */
  #join(): string {
    const { quote } = this.#dialect;
    const { key, owner } = this.#source;
    const fields = [...this.#byField.values()].map((one) => `${quote(one.name)} AS ${quote(one.field!)}`);
    const owners = owner === undefined ? [] : [`${quote(owner)} AS ${quote(OWNER)}`];
    const inner = `SELECT ${[`${quote(key)} AS ${quote(KEY)}`, ...owners, ...fields].join(", ")} FROM ${this.#table}`;
    const onOwner = owner === undefined ? "" : ` AND fields.${quote(OWNER)} = own.${quote("OwnerTechId")}`;
    return (
      `${quote(this.#beside.name)} AS own JOIN (${inner}) AS fields` +
      ` ON fields.${quote(KEY)} = own.${quote("TechId")}${onOwner}`
    );
  }
}
