import type { StoreLinks, Transaction } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteHost } from "./sqlite-host.js";
import { settle } from "./sqlite-session.js";

/** LiveDistLinks in SQLite. */
export class SqliteLinks implements StoreLinks {
  readonly #host: SqliteHost;

  constructor(host: SqliteHost) {
    this.#host = host;
  }

  get(peer: string): Promise<string | undefined> {
    const sql = `SELECT State FROM ${this.#host.tables.links} WHERE Peer = ?`;
    return this.#host.read((connection) => {
      const row = connection.first(sql, [peer]);
      return row && String(row.State);
    });
  }

  set(peer: string, state: string, transaction?: Transaction): Promise<void> {
    const set = (connection: SqliteConnection) => this.#set(connection, peer, state);
    if (transaction !== undefined) return settle(() => set(this.#host.connectionOf(transaction)));
    return this.#host.write((session) => settle(() => set(session.connection)));
  }

  #set(connection: SqliteConnection, peer: string, state: string): void {
    const sql = `INSERT INTO ${this.#host.tables.links} (Peer, State) VALUES (?, ?) ON CONFLICT (Peer) DO UPDATE SET State = excluded.State`;
    connection.run(sql, [peer, state]);
  }
}
