import type { Clock } from "../../base/clock.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlSession } from "./postgresql-session.js";
import type { PostgresqlTables } from "./postgresql-tables.js";

/** What the parts of a store (log, clients, schemas, links) need of it. */
export interface PostgresqlHost {
  readonly clock: Clock;
  readonly tables: PostgresqlTables;
  /** Where commits that append to the log are told of. */
  readonly logChannel: string;
  /** The key of the advisory lock of those who want to be told, as PostgreSQL takes it. */
  readonly bellLock: string;
  /** Runs single statements that may be repeated, each of which sees what is committed when it begins. */
  read<T>(work: (connection: PostgresqlConnection) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction of the store. */
  write<T>(work: (session: PostgresqlSession) => Promise<T>): Promise<T>;
  /**
   * Gives the connection of an open transaction, the store's own or the application's, at once where it is known. Throws Store,
   * or rejects with it, where it is neither.
   */
  connectionOf(transaction: unknown): PostgresqlConnection | Promise<PostgresqlConnection>;
  /** Calls back so that what is set going does not count as a part of an open transaction. */
  outside(callback: () => void): void;
}
