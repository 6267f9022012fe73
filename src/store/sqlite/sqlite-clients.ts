import { checkClient } from "../check-client.js";
import { clientTakenError, clientUnknownError } from "../client-errors.js";
import type { Listeners } from "../listeners.js";
import type { ClientRow, SqlRow, StoreClients } from "../store.js";
import type { SqliteHost } from "./sqlite-host.js";
import { type SqliteSession } from "./sqlite-session.js";

/** LiveDistClients in SQLite (guide §2.7). */
export class SqliteClients implements StoreClients {
  readonly #host: SqliteHost;
  readonly #listeners: Listeners;

  constructor(host: SqliteHost, listeners: Listeners) {
    this.#host = host;
    this.#listeners = listeners;
  }

  async add(client: { clientId: string; bitNumber: number; isDisabled?: boolean }): Promise<void> {
    checkClient(client);
    const { clientId, bitNumber, isDisabled = false } = client;
    const { clients } = this.#host.tables;
    await this.#change(async (session) => {
      const sql = `SELECT ClientId, BitNumber, IsDisabled FROM ${clients} WHERE ClientId = ? OR BitNumber = ?`;
      for (const row of await session.all(sql, [clientId, bitNumber])) throw clientTakenError(toClient(row), clientId);
      await session.run(`INSERT INTO ${clients} (ClientId, BitNumber, IsDisabled) VALUES (?, ?, ?)`, [
        clientId,
        bitNumber,
        isDisabled ? 1 : 0,
      ]);
    });
  }

  list(): Promise<ClientRow[]> {
    const sql = `SELECT ClientId, BitNumber, IsDisabled FROM ${this.#host.tables.clients} ORDER BY BitNumber`;
    return this.#host.read((connection) => connection.all(sql).map(toClient));
  }

  remove(clientId: string): Promise<void> {
    return this.#changeRow(clientId, `DELETE FROM ${this.#host.tables.clients} WHERE ClientId = ?`);
  }

  disable(clientId: string): Promise<void> {
    return this.#changeRow(clientId, `UPDATE ${this.#host.tables.clients} SET IsDisabled = 1 WHERE ClientId = ?`);
  }

  enable(clientId: string): Promise<void> {
    return this.#changeRow(clientId, `UPDATE ${this.#host.tables.clients} SET IsDisabled = 0 WHERE ClientId = ?`);
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  #changeRow(clientId: string, sql: string): Promise<void> {
    return this.#change(async (session) => {
      const rows = await session.run(sql, [clientId]);
      if (rows === 0) throw clientUnknownError(clientId);
    });
  }

  async #change(work: (session: SqliteSession) => Promise<void>): Promise<void> {
    await this.#host.write(work);
    this.#host.outside(() => this.#listeners.call());
  }
}

function toClient(row: SqlRow): ClientRow {
  return { clientId: String(row.ClientId), bitNumber: Number(row.BitNumber), isDisabled: row.IsDisabled === 1 };
}
