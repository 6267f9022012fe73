import type { StoreLinks, Transaction } from "../store.js";
import type { Runner } from "./requests.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import { linkStatements, type LinkStatements } from "./table-statements.js";

/** LiveDistLinks in SQL Server. */
export class SqlServerLinks implements StoreLinks {
  readonly #host: SqlServerHost;
  readonly #sql: LinkStatements;

  constructor(host: SqlServerHost) {
    this.#host = host;
    this.#sql = linkStatements(host.tables);
  }

  async get(peer: string): Promise<string | undefined> {
    const [row] = (await this.#host.read((runner) => runner.query(this.#sql.get, [peer, peer]))).rows;
    return row && String(row["State"]);
  }

  async set(peer: string, state: string, transaction?: Transaction): Promise<void> {
    if (transaction !== undefined) return this.#set(await this.#host.runnerOf(transaction), peer, state);
    return this.#host.write((session) => this.#set(session, peer, state));
  }

  async #set(runner: Runner, peer: string, state: string): Promise<void> {
    const { count } = await runner.query(this.#sql.update, [state, peer, peer]);
    if (count === 0) await runner.query(this.#sql.add, [peer, state]);
  }
}
