import type { Clock } from "../../base/clock.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteSession } from "./sqlite-session.js";
import type { SqliteTables } from "./sqlite-tables.js";

/** What the parts of a store (log, clients, schemas, links) need of it. */
export interface SqliteHost {
  readonly clock: Clock;
  readonly tables: SqliteTables;
  /** Reads what is committed, in one go. */
  read<T>(work: (connection: SqliteConnection) => T): Promise<T>;
  /** Runs `work` in a transaction of the store. */
  write<T>(work: (session: SqliteSession) => Promise<T>): Promise<T>;
  /** Gives the connection of an open transaction: the store's own or the application's. Throws Store where it is neither. */
  connectionOf(transaction: unknown): SqliteConnection;
  /** Calls back so that what is set going does not count as a part of an open transaction. */
  outside(callback: () => void): void;
}
