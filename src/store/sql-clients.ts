import { checkClient } from "./check-client.js";
import { clientTakenError, clientUnknownError } from "./client-errors.js";
import type { ClientStatements } from "./client-statements.js";
import type { Listeners } from "./listeners.js";
import type { ClientRow, SqlRow, SqlSession, SqlValue, StoreClients } from "./store.js";

/** What LiveDistClients needs of a driver. */
export interface ClientsParts {
  readonly sql: ClientStatements;
  /** Gives the rows of one statement over what is committed. */
  readonly read: (sql: string, parameters?: readonly SqlValue[]) => Promise<SqlRow[]>;
  /** Runs `work` in a transaction of the store. */
  readonly write: (work: (session: SqlSession) => Promise<void>) => Promise<void>;
  readonly listeners: Listeners;
  /** Hears of every change made here, where the database itself tells of none. */
  readonly changed?: () => void;
}

/** LiveDistClients in any of the databases (guide §2.7). */
export class SqlClients implements StoreClients {
  readonly #parts: ClientsParts;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
  }

  async add(client: { clientId: string; bitNumber: number; isDisabled?: boolean }): Promise<void> {
    checkClient(client);
    const { clientId, bitNumber, isDisabled = false } = client;
    const { sql, read } = this.#parts;
    try {
      await this.#change(async (session) => {
        await session.run(sql.add, [clientId, bitNumber, isDisabled ? 1 : 0]);
      });
    } catch (error) {
      // Only now: who had looked before might have been overtaken.
      const [taken] = await read(sql.findTaken, [clientId, bitNumber, clientId]);
      throw taken === undefined ? error : clientTakenError(toClient(taken), clientId);
    }
  }

  async list(): Promise<ClientRow[]> {
    return (await this.#parts.read(this.#parts.sql.list)).map(toClient);
  }

  remove(clientId: string): Promise<void> {
    return this.#changeRow(clientId, this.#parts.sql.remove);
  }

  disable(clientId: string): Promise<void> {
    return this.#changeRow(clientId, this.#parts.sql.disable);
  }

  enable(clientId: string): Promise<void> {
    return this.#changeRow(clientId, this.#parts.sql.enable);
  }

  onChange(listener: () => void): () => void {
    return this.#parts.listeners.add(listener);
  }

  #changeRow(clientId: string, sql: string): Promise<void> {
    const parameters = this.#parts.sql.keyParameters(clientId);
    // Rolled back where there is no such row, so that triggers tell nobody.
    return this.#change(async (session) => {
      if ((await session.run(sql, parameters)) === 0) throw clientUnknownError(clientId);
    });
  }

  async #change(work: (session: SqlSession) => Promise<void>): Promise<void> {
    await this.#parts.write(work);
    this.#parts.changed?.();
  }
}

function toClient({ id, bit, disabled }: SqlRow): ClientRow {
  return { clientId: String(id), bitNumber: Number(bit), isDisabled: disabled === 1 };
}
