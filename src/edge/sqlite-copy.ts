import Database from "better-sqlite3";
import { LiveDistError } from "../base/errors.js";
import { STREAM_BATCH_ROWS_MAX } from "../base/limits.js";
import { decodeDeltaBuffer, encodeDeltaBuffer, type SchemaSource } from "../delta/delta-buffer.js";
import { parseSchema, type Schema } from "../delta/schema.js";
import { formatTopicsList } from "../topics/topics-list.js";
import { applyDelta } from "./apply-delta.js";
import type { Entity } from "./entity.js";
import type { CopyChanges, CopyState, EntityCopy } from "./entity-copy.js";

export interface SqliteCopyOptions {
  /** Stands before the names of the tables, so that one file can have several copies. Default: "Replica". */
  readonly tablesPrefix?: string;
}

/**
 * Keeps a Replica's entities in an SQLite file; what `apply` stored is there also after the process died. The application may
 * read the table `ReplicaEntities` with SQL: TechId, ClassName, Topics (`,A,B,`), UpdateTime (ms since 1970); Value is a
 * delta-buffer. Not for browsers. Its methods throw Store where SQLite refuses.
 */
export class SqliteCopy implements EntityCopy {
  readonly #database: Database.Database;
  readonly #isOwn: boolean;
  readonly #schemas: StoredSchemas;
  readonly #statements: Statements;

  /**
   * Opens a file, or takes a database of the application's, which stays open after `close` and in which no transaction may be
   * open during `apply`. The schema is that of the Edge; entities stored in an earlier one come out in its classes. Throws
   * Store where SQLite refuses, Config where the file has another schema of the same name or the prefix is malformed.
   */
  constructor(
    database: string | Database.Database,
    schema: Schema,
    { tablesPrefix = "Replica" }: SqliteCopyOptions = {},
  ) {
    if (!/^[A-Za-z_]\w{0,63}$/.test(tablesPrefix))
      throw new LiveDistError(
        "Config",
        "tablesPrefix must be 1 to 64 letters, digits and _, not starting with a digit",
      );
    this.#isOwn = typeof database === "string";
    this.#database = typeof database === "string" ? openFile(database) : database;
    try {
      this.#statements = guard(() => prepare(this.#database, tablesPrefix));
      this.#schemas = new StoredSchemas(this.#statements, schema);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Entities held. */
  get size(): number {
    return guard(() => this.#statements.count.get()!);
  }

  /** Gives an entity, or undefined where it is not held. */
  get(techId: string): Entity | undefined {
    const value = guard(() => this.#statements.value.get(techId));
    return value && this.#entityOf(value);
  }

  /** Gives all entities held, in the order of their tech-ids. What is stored meanwhile may be among them or not. */
  *values(): Generator<Entity, void, undefined> {
    let last = "";
    for (;;) {
      const rows = guard(() => this.#statements.page.all(last, STREAM_BATCH_ROWS_MAX));
      for (const { Value } of rows) yield this.#entityOf(Value);
      if (rows.length < STREAM_BATCH_ROWS_MAX) return;
      last = rows.at(-1)!.TechId;
    }
  }

  techIds(): string[] {
    // Not row by row: SQLite would take no other statement meanwhile.
    return guard(() => this.#statements.techIds.all());
  }

  state(): CopyState | undefined {
    const text = guard(() => this.#statements.state.get());
    return text === undefined ? undefined : (JSON.parse(text) as CopyState);
  }

  apply(changes: CopyChanges): void {
    if (this.#database.inTransaction)
      throw new LiveDistError("Store", "a transaction is open in the database of a SqliteCopy: its end is not ours");
    guard(() => this.#database.transaction(() => this.#apply(changes)).immediate());
  }

  /** Closes the file, if it was opened here. May be called twice. */
  close(): void {
    if (this.#isOwn) this.#database.close();
  }

  #apply({ puts, removes, state }: CopyChanges): void {
    const { put, remove, putState, removeState } = this.#statements;
    for (const entity of puts) {
      const { techId, deltaClass, topics, updateTime } = entity;
      put.run(techId, deltaClass.name, formatTopicsList(topics), updateTime.getTime(), this.#valueOf(entity));
    }
    for (const techId of removes) remove.run(techId);
    if (state) putState.run(JSON.stringify(state));
    else removeState.run();
  }

  #valueOf({ deltaClass, techId, updateTime, topics, fields }: Entity): Uint8Array {
    const delta = deltaClass.delta({ oper: "CREATE", techId, updateTime, topics, fields });
    return encodeDeltaBuffer(this.#schemas.own, [delta]);
  }

  #entityOf(value: Uint8Array): Entity {
    const [delta] = decodeDeltaBuffer(this.#schemas, value);
    if (delta === undefined) throw new LiveDistError("Store", "a SqliteCopy holds an entity without a value");
    return applyDelta(undefined, delta)!;
  }
}

/** The schemas in which entities were stored, kept with them. */
class StoredSchemas implements SchemaSource {
  readonly own: Schema;
  readonly #statements: Statements;
  readonly #known = new Map<string, Schema>();

  constructor(statements: Statements, own: Schema) {
    this.own = own;
    this.#statements = statements;
    guard(() => statements.putSchema.run(own.name, own.text));
    if (guard(() => statements.schema.get(own.name)) !== own.text)
      throw new LiveDistError(
        "Config",
        `the file has another schema under the name ${own.name}: give this one a new name`,
      );
  }

  named(schemaName: string): Schema | undefined {
    const known = this.#known.get(schemaName);
    if (known) return known;
    const text = guard(() => this.#statements.schema.get(schemaName));
    if (text === undefined) return undefined;
    const schema = parseSchema(schemaName, text);
    this.#known.set(schemaName, schema);
    return schema;
  }
}

type Statements = ReturnType<typeof prepare>;

/** Creates the tables that are missing, and prepares what is done with them. */
function prepare(database: Database.Database, prefix: string) {
  const [entities, states, schemas] = [`${prefix}Entities`, `${prefix}State`, `${prefix}Schemas`];
  database.exec(`
    CREATE TABLE IF NOT EXISTS ${entities} (
      TechId TEXT NOT NULL PRIMARY KEY, ClassName TEXT NOT NULL, Topics TEXT NOT NULL, UpdateTime REAL NOT NULL,
      Value BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS ${states} (Id INTEGER NOT NULL PRIMARY KEY CHECK (Id = 1), State TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ${schemas} (SchemaName TEXT NOT NULL PRIMARY KEY, SchemaText TEXT NOT NULL);
  `);
  return {
    count: database.prepare<[], number>(`SELECT count(*) FROM ${entities}`).pluck(),
    value: database.prepare<[string], Uint8Array>(`SELECT Value FROM ${entities} WHERE TechId = ?`).pluck(),
    techIds: database.prepare<[], string>(`SELECT TechId FROM ${entities}`).pluck(),
    page: database.prepare<[string, number], { TechId: string; Value: Uint8Array }>(
      `SELECT TechId, Value FROM ${entities} WHERE TechId > ? ORDER BY TechId LIMIT ?`,
    ),
    put: database.prepare<[string, string, string, number, Uint8Array]>(
      `INSERT OR REPLACE INTO ${entities} (TechId, ClassName, Topics, UpdateTime, Value) VALUES (?, ?, ?, ?, ?)`,
    ),
    remove: database.prepare<[string]>(`DELETE FROM ${entities} WHERE TechId = ?`),
    state: database.prepare<[], string>(`SELECT State FROM ${states} WHERE Id = 1`).pluck(),
    putState: database.prepare<[string]>(`INSERT OR REPLACE INTO ${states} (Id, State) VALUES (1, ?)`),
    removeState: database.prepare<[]>(`DELETE FROM ${states}`),
    schema: database.prepare<[string], string>(`SELECT SchemaText FROM ${schemas} WHERE SchemaName = ?`).pluck(),
    putSchema: database.prepare<[string, string]>(
      `INSERT INTO ${schemas} (SchemaName, SchemaText) VALUES (?, ?) ON CONFLICT DO NOTHING`,
    ),
  };
}

function openFile(path: string): Database.Database {
  return guard(() => {
    const database = new Database(path);
    database.pragma("journal_mode = WAL");
    // With WAL the default may lose the last transactions when the machine fails.
    database.pragma("synchronous = FULL");
    return database;
  });
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof LiveDistError) throw error;
    throw new LiveDistError("Store", `the SQLite copy: ${(error as Error).message}`, { cause: error });
  }
}
