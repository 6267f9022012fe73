import { schemaTakenError } from "../schema-taken-error.js";
import type { StoreSchemas } from "../store.js";
import type { Runner } from "./requests.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import { schemaStatements, type SchemaStatements } from "./table-statements.js";

/** LiveDistSchemas in SQL Server (guide §4.4). */
export class SqlServerSchemas implements StoreSchemas {
  readonly #host: SqlServerHost;
  readonly #sql: SchemaStatements;

  constructor(host: SqlServerHost) {
    this.#host = host;
    this.#sql = schemaStatements(host.tables);
  }

  async put(name: string, text: string, transaction?: unknown): Promise<void> {
    if (transaction !== undefined) return this.#put(await this.#host.runnerOf(transaction), name, text);
    if ((await this.get(name)) === text) return;
    return this.#host.write((session) => this.#put(session, name, text));
  }

  get(name: string): Promise<string | undefined> {
    return this.#host.read((runner) => this.#get(runner, name));
  }

  async list(): Promise<{ name: string; text: string }[]> {
    const { rows } = await this.#host.read((runner) => runner.query(this.#sql.list));
    return rows.map((row) => ({ name: String(row["SchemaName"]), text: String(row["SchemaText"]) }));
  }

  async #get(runner: Runner, name: string): Promise<string | undefined> {
    const [row] = (await runner.query(this.#sql.get, [name, name])).rows;
    return row && String(row["SchemaText"]);
  }

  async #put(runner: Runner, name: string, text: string): Promise<void> {
    const stored = await this.#get(runner, name);
    if (stored === text) return;
    if (stored !== undefined) throw schemaTakenError(name);
    await runner.query(this.#sql.add, [name, text]);
  }
}
