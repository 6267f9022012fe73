import type { StoreLinks, Transaction } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlHost } from "./postgresql-host.js";

/** LiveDistLinks in PostgreSQL. */
export class PostgresqlLinks implements StoreLinks {
  readonly #host: PostgresqlHost;

  constructor(host: PostgresqlHost) {
    this.#host = host;
  }

  get(peer: string): Promise<string | undefined> {
    const sql = `SELECT State AS state FROM ${this.#host.tables.links} WHERE Peer = ?`;
    return this.#host.read(async (connection) => {
      const row = await connection.first(sql, [peer]);
      return row && String(row.state);
    });
  }

  async set(peer: string, state: string, transaction?: Transaction): Promise<void> {
    if (transaction !== undefined) return this.#set(await this.#host.connectionOf(transaction), peer, state);
    return this.#host.write((session) => this.#set(session.connection, peer, state));
  }

  async #set(connection: PostgresqlConnection, peer: string, state: string): Promise<void> {
    const sql = `INSERT INTO ${this.#host.tables.links} (Peer, State) VALUES (?, ?) ON CONFLICT (Peer) DO UPDATE SET State = excluded.State`;
    await connection.run(sql, [peer, state]);
  }
}
