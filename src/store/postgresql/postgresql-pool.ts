import pg from "pg";
import { STORE_CONNECTIONS_MAX, STORE_READS_MAX } from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";
import type { SqlRow } from "../store.js";
import { Turns } from "../turns.js";
import { PostgresqlConnection } from "./postgresql-connection.js";
import { closedError, isConnectionLost, isRepeatable, storeError } from "./postgresql-errors.js";

/** How often something is tried that has done nothing yet when it fails: idle connections may all have been lost. */
const ATTEMPTS = 3;

export interface PostgresqlPoolOptions {
  readonly connectionString: string;
  readonly busyMsMax: number;
  readonly logger: Logger;
}

/** The connections of one store. */
export class PostgresqlPool {
  readonly #pool: pg.Pool;
  readonly #readTurns = new Turns(STORE_READS_MAX);
  readonly #lent = new Set<pg.PoolClient>();
  readonly #waiting = new Set<(error: Error) => void>();
  #isClosed = false;

  /** Throws where the connection string cannot be read. */
  constructor({ connectionString, busyMsMax, logger }: PostgresqlPoolOptions) {
    this.#pool = new pg.Pool({
      connectionString,
      max: STORE_CONNECTIONS_MAX,
      connectionTimeoutMillis: busyMsMax,
      keepAlive: true,
      // pg waits for it, whatever its type says.
      onConnect: (client): unknown => prepare(client, busyMsMax),
    });
    this.#pool.on("error", (error) => logger.warn({ err: error }, "an idle connection to PostgreSQL was lost"));
  }

  readonly isClosed = (): boolean => this.#isClosed;

  /** Runs single statements that read, or may be repeated, on a connection; once more where that was lost. */
  read<T>(work: (connection: PostgresqlConnection) => Promise<T>): Promise<T> {
    return this.#readTurns.run(() => this.#repeat(isRepeatable, () => this.#lend(work)));
  }

  /**
   * Lends a connection on which `begin` was run, which gave `rows`. Only the beginning is repeated where the connection was
   * lost.
   */
  async begin<T>(begin: string, work: (connection: PostgresqlConnection, rows: SqlRow[]) => Promise<T>): Promise<T> {
    const lent = await this.#repeat(isConnectionLost, async () => {
      const client = await this.#connect();
      const connection = new PostgresqlConnection(client, this.isClosed);
      try {
        return { client, connection, rows: await connection.script(begin) };
      } catch (error) {
        this.#giveBack(client, connection);
        throw error;
      }
    });
    try {
      return await work(lent.connection, lent.rows);
    } finally {
      this.#giveBack(lent.client, lent.connection);
    }
  }

  /** Ends all connections at once, after `farewell` has had one more; who waits and who comes gets Closed. */
  async close(farewell: (connection: PostgresqlConnection) => Promise<unknown>): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#readTurns.close(closedError());
    for (const refuse of this.#waiting) refuse(closedError());
    for (const client of this.#lent) client.release(true);
    this.#lent.clear();
    await this.#sayFarewell(farewell);
    await this.#pool.end();
  }

  async #sayFarewell(farewell: (connection: PostgresqlConnection) => Promise<unknown>): Promise<void> {
    const client = await this.#pool.connect().catch(() => undefined);
    if (client === undefined) return;
    await farewell(new PostgresqlConnection(client, () => false)).catch(() => undefined);
    client.release(true);
  }

  async #repeat<T>(mayRepeat: (error: unknown) => boolean, attempt: () => Promise<T>): Promise<T> {
    for (let count = 1; ; count++) {
      try {
        return await attempt();
      } catch (error) {
        if (count === ATTEMPTS || this.#isClosed || !mayRepeat(error)) throw error;
      }
    }
  }

  async #lend<T>(work: (connection: PostgresqlConnection) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const connection = new PostgresqlConnection(client, this.isClosed);
    try {
      return await work(connection);
    } finally {
      this.#giveBack(client, connection);
    }
  }

  #connect(): Promise<pg.PoolClient> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#pool
        .connect()
        .then(
          (client) => {
            if (this.#isClosed) client.release(true);
            else {
              this.#lent.add(client);
              resolve(client);
            }
          },
          (error: unknown) => reject(storeError(error)),
        )
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** A connection on which a transaction is still open is of no use to others. */
  #giveBack(client: pg.PoolClient, connection: PostgresqlConnection): void {
    if (this.#lent.delete(client)) client.release(connection.inTransaction !== false);
  }
}

async function prepare(client: pg.ClientBase, busyMsMax: number): Promise<void> {
  // Its loss is told by the statement that runs; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.query(`SET lock_timeout = ${busyMsMax}; SET bytea_output = 'hex'; SET extra_float_digits = 1`);
}
