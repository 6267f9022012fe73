import { schemaTakenError } from "../schema-taken-error.js";
import type { StoreSchemas } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlHost } from "./postgresql-host.js";

/** LiveDistSchemas in PostgreSQL (guide §4.4). */
export class PostgresqlSchemas implements StoreSchemas {
  readonly #host: PostgresqlHost;

  constructor(host: PostgresqlHost) {
    this.#host = host;
  }

  async put(name: string, text: string, transaction?: unknown): Promise<void> {
    if (transaction !== undefined) return this.#put(await this.#host.connectionOf(transaction), name, text);
    if ((await this.get(name)) === text) return;
    return this.#host.write((session) => this.#put(session.connection, name, text));
  }

  get(name: string): Promise<string | undefined> {
    return this.#host.read((connection) => this.#get(connection, name));
  }

  async list(): Promise<{ name: string; text: string }[]> {
    const sql = `SELECT SchemaName AS name, SchemaText AS text FROM ${this.#host.tables.schemas} ORDER BY SchemaId`;
    const rows = await this.#host.read((connection) => connection.all(sql));
    return rows.map(({ name, text }) => ({ name: String(name), text: String(text) }));
  }

  async #get(connection: PostgresqlConnection, name: string): Promise<string | undefined> {
    const sql = `SELECT SchemaText AS text FROM ${this.#host.tables.schemas} WHERE SchemaName = ?`;
    const row = await connection.first(sql, [name]);
    return row && String(row.text);
  }

  async #put(connection: PostgresqlConnection, name: string, text: string): Promise<void> {
    if ((await this.#get(connection, name)) === text) return;
    // Waits for another transaction that puts the same name, and does nothing where that commits.
    const sql = `INSERT INTO ${this.#host.tables.schemas} (SchemaName, SchemaText) VALUES (?, ?) ON CONFLICT DO NOTHING`;
    if ((await connection.run(sql, [name, text])) > 0) return;
    if ((await this.#get(connection, name)) !== text) throw schemaTakenError(name);
  }
}
