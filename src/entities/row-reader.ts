import { assert } from "../base/assert.js";
import type { SqlRow, SqlSession, SqlValue } from "../store/store.js";
import { parseVersions } from "./entity-versions.js";
import type { LoosePart, StoredEntity } from "./entity.js";
import { idLists } from "./id-lists.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import type { EntityTable, FieldsTable, PartTable } from "./sql/entity-table.js";
import { TopicsReader } from "./topics-reader.js";
import { emptyValue } from "./whole-fields.js";

type Fields = Record<string, unknown>;

type Decode = (row: SqlRow) => Fields;

/** Makes entities, with their parts, of rows of their tables. */
export class RowReader {
  readonly #dialect: EntitiesDialect;
  readonly #decoders = new WeakMap<FieldsTable, Decode>();

  constructor(dialect: EntitiesDialect) {
    this.#dialect = dialect;
  }

  /** Makes entities of rows, in their order, as if they had no parts. */
  readHeads(table: EntityTable, rows: readonly SqlRow[]): StoredEntity[] {
    const decode = this.#decoder(table);
    const topics = new TopicsReader();
    return rows.map((row) => readEntity(table, row, decode(row), topics));
  }

  /** Makes entities of rows, in their order; their parts are read for all of them together. */
  async read(session: SqlSession, table: EntityTable, rows: readonly SqlRow[]): Promise<StoredEntity[]> {
    const entities = this.readHeads(table, rows);
    if (table.parts.length === 0 || rows.length === 0) return entities;
    const owners = new Map(entities.map(({ entity }) => [entity.techId, entity.fields as Fields]));
    const ids = [...owners.keys()];
    for (const one of table.parts) await this.#readParts(session, one, ids, owners);
    return entities;
  }

  /** Puts the parts of one field into their owners, and their own parts into them. */
  async #readParts(
    session: SqlSession,
    table: PartTable,
    entityIds: readonly string[],
    owners: ReadonlyMap<string, Fields>,
  ): Promise<void> {
    const decode = this.#decoder(table);
    const parts = new Map<string, Fields>();
    for (const row of await selectParts(session, table, entityIds)) {
      const part = decode(row);
      part["techId"] = row["TechId"];
      const entityTechId = row[table.entityColumn] as string;
      const ownerTechId = row["OwnerTechId"] as string;
      const owner = owners.get(table.isNested ? `${entityTechId} ${ownerTechId}` : ownerTechId);
      assert(owner !== undefined, `the owner ${ownerTechId} of a part in ${table.name} is there`);
      attach(owner, table, part as LoosePart);
      parts.set(`${entityTechId} ${row["TechId"] as string}`, part);
    }
    if (parts.size === 0) return;
    for (const one of table.parts) await this.#readParts(session, one, entityIds, parts);
  }

  #decoder(table: FieldsTable): Decode {
    let decode = this.#decoders.get(table);
    if (decode === undefined) this.#decoders.set(table, (decode = fieldsDecoder(this.#dialect, table)));
    return decode;
  }
}

function attach(owner: Fields, { field }: PartTable, part: LoosePart): void {
  const held = owner[field.name] as LoosePart[] | null;
  if (field.type.kind === "part") owner[field.name] = part;
  // What owners without parts hold is shared by all of them.
  else if (held === null || held.length === 0) owner[field.name] = [part];
  else held.push(part);
}

function readEntity(
  { deltaClass }: EntityTable,
  row: SqlRow,
  fields: Fields,
  topicsReader: TopicsReader,
): StoredEntity {
  const updateTime = new Date(row["UpdateTime"] as number);
  const topics = topicsReader.read(row["Topics"] as string);
  return {
    entity: { deltaClass, techId: row["TechId"] as string, updateTime, topics, fields },
    inCache: row["InCache"] !== 0,
    versions: parseVersions(row["Versions"] as string),
  };
}

/** Makes what gives the fields of a row; fields that the table has no column for, and parts, are empty. */
function fieldsDecoder(dialect: EntitiesDialect, { deltaClass, fields }: FieldsTable): Decode {
  const withColumn = new Map(fields.map(({ name, type }) => [name, type.kind]));
  const readers = deltaClass.fields.map(({ name, type }) => {
    const kind = withColumn.get(name);
    return { name, empty: emptyValue(type), fromSql: kind && (dialect.fromSql[kind] as (value: SqlValue) => unknown) };
  });
  return (row) => {
    const decoded: Fields = {};
    for (const { name, empty, fromSql } of readers) {
      const value = row[name];
      decoded[name] = fromSql === undefined || value === null || value === undefined ? empty : fromSql(value);
    }
    return decoded;
  };
}

async function selectParts(session: SqlSession, { sql }: PartTable, entityIds: readonly string[]): Promise<SqlRow[]> {
  if (entityIds.length === 1) return session.all(sql.selectOfEntity, entityIds);
  const rows: SqlRow[] = [];
  for (const ids of idLists(entityIds)) {
    for (const row of await session.all(sql.selectOfEntities, ids)) rows.push(row);
  }
  return rows;
}
