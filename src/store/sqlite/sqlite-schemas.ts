import { schemaTakenError } from "../schema-taken-error.js";
import type { StoreSchemas } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteHost } from "./sqlite-host.js";
import { settle } from "./sqlite-session.js";

/** LiveDistSchemas in SQLite (guide §4.4). */
export class SqliteSchemas implements StoreSchemas {
  readonly #host: SqliteHost;

  constructor(host: SqliteHost) {
    this.#host = host;
  }

  async put(name: string, text: string, transaction?: unknown): Promise<void> {
    const put = (connection: SqliteConnection) => this.#put(connection, name, text);
    if (transaction !== undefined) return settle(() => put(this.#host.connectionOf(transaction)));
    if ((await this.get(name)) === text) return;
    return this.#host.write((session) => settle(() => put(session.connection)));
  }

  get(name: string): Promise<string | undefined> {
    return this.#host.read((connection) => this.#get(connection, name));
  }

  list(): Promise<{ name: string; text: string }[]> {
    const sql = `SELECT SchemaName AS name, SchemaText AS text FROM ${this.#host.tables.schemas} ORDER BY SchemaId`;
    return this.#host.read((connection) => connection.all(sql) as unknown as { name: string; text: string }[]);
  }

  #get(connection: SqliteConnection, name: string): string | undefined {
    const row = connection.first(`SELECT SchemaText FROM ${this.#host.tables.schemas} WHERE SchemaName = ?`, [name]);
    return row && String(row.SchemaText);
  }

  #put(connection: SqliteConnection, name: string, text: string): void {
    const stored = this.#get(connection, name);
    if (stored === text) return;
    if (stored !== undefined) throw schemaTakenError(name);
    connection.run(`INSERT INTO ${this.#host.tables.schemas} (SchemaName, SchemaText) VALUES (?, ?)`, [name, text]);
  }
}
