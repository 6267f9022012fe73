import { checkClient } from "../check-client.js";
import { clientTakenError, clientUnknownError } from "../client-errors.js";
import type { Listeners } from "../listeners.js";
import type { ClientRow, SqlRow, StoreClients } from "../store.js";
import type { PostgresqlHost } from "./postgresql-host.js";

const COLUMNS = "ClientId AS id, BitNumber AS bit, IsDisabled AS disabled";

/** LiveDistClients in PostgreSQL (guide §2.7). A trigger tells of every change, whoever makes it. */
export class PostgresqlClients implements StoreClients {
  readonly #host: PostgresqlHost;
  readonly #listeners: Listeners;

  constructor(host: PostgresqlHost, listeners: Listeners) {
    this.#host = host;
    this.#listeners = listeners;
  }

  async add(client: { clientId: string; bitNumber: number; isDisabled?: boolean }): Promise<void> {
    checkClient(client);
    const { clientId, bitNumber, isDisabled = false } = client;
    const { clients } = this.#host.tables;
    await this.#host.write(async (session) => {
      const insert = `INSERT INTO ${clients} (ClientId, BitNumber, IsDisabled) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`;
      if ((await session.run(insert, [clientId, bitNumber, isDisabled ? 1 : 0])) > 0) return;
      const taken = `SELECT ${COLUMNS} FROM ${clients} WHERE ClientId = ? OR BitNumber = ? ORDER BY ClientId <> ?`;
      for (const row of await session.all(taken, [clientId, bitNumber, clientId])) {
        throw clientTakenError(toClient(row), clientId);
      }
    });
  }

  list(): Promise<ClientRow[]> {
    const sql = `SELECT ${COLUMNS} FROM ${this.#host.tables.clients} ORDER BY BitNumber`;
    return this.#host.read(async (connection) => (await connection.all(sql)).map(toClient));
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
    // Rolled back where there is no such row, so that the trigger tells nobody.
    return this.#host.write(async (session) => {
      if ((await session.run(sql, [clientId])) === 0) throw clientUnknownError(clientId);
    });
  }
}

function toClient(row: SqlRow): ClientRow {
  return { clientId: String(row.id), bitNumber: Number(row.bit), isDisabled: row.disabled === 1 };
}
