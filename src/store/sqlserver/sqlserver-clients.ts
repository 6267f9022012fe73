import { checkClient } from "../check-client.js";
import { clientTakenError, clientUnknownError } from "../client-errors.js";
import type { Listeners } from "../listeners.js";
import type { ClientRow, SqlRow, StoreClients } from "../store.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import type { SqlServerSession } from "./sqlserver-session.js";
import { clientStatements, type ClientStatements } from "./table-statements.js";

/** LiveDistClients in SQL Server (guide §2.7). */
export class SqlServerClients implements StoreClients {
  readonly #host: SqlServerHost;
  readonly #listeners: Listeners;
  readonly #sql: ClientStatements;

  constructor(host: SqlServerHost, listeners: Listeners) {
    this.#host = host;
    this.#listeners = listeners;
    this.#sql = clientStatements(host.tables);
  }

  async add(client: { clientId: string; bitNumber: number; isDisabled?: boolean }): Promise<void> {
    checkClient(client);
    const { clientId, bitNumber, isDisabled = false } = client;
    await this.#change(async (session) => {
      const [taken] = await session.all(this.#sql.findTaken, [clientId, bitNumber]);
      if (taken !== undefined) throw clientTakenError(toClient(taken), clientId);
      await session.run(this.#sql.add, [clientId, bitNumber, isDisabled ? 1 : 0]);
    });
  }

  async list(): Promise<ClientRow[]> {
    const { rows } = await this.#host.read((runner) => runner.query(this.#sql.list));
    return rows.map(toClient);
  }

  remove(clientId: string): Promise<void> {
    return this.#changeRow(clientId, this.#sql.remove);
  }

  disable(clientId: string): Promise<void> {
    return this.#changeRow(clientId, this.#sql.disable);
  }

  enable(clientId: string): Promise<void> {
    return this.#changeRow(clientId, this.#sql.enable);
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  #changeRow(clientId: string, sql: string): Promise<void> {
    return this.#change(async (session) => {
      if ((await session.run(sql, [clientId, clientId])) === 0) throw clientUnknownError(clientId);
    });
  }

  async #change(work: (session: SqlServerSession) => Promise<void>): Promise<void> {
    await this.#host.write(work);
    this.#host.outside(() => this.#listeners.call());
  }
}

function toClient(row: SqlRow): ClientRow {
  return {
    clientId: String(row["ClientId"]),
    bitNumber: Number(row["BitNumber"]),
    isDisabled: row["IsDisabled"] === 1,
  };
}
