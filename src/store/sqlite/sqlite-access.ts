import type { SqliteConnection } from "./sqlite-connection.js";

/** How the connections of one store are shared out: of a file (SqliteFile) or in memory (SqliteMemory). */
export interface SqliteAccess {
  /** Lends the one connection that writes, to one work at a time, in the order of the calls. */
  write<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T>;
  /** Reads what is committed, in one go. */
  read<T>(work: (connection: SqliteConnection) => T): Promise<T>;
  /** Lends a connection that only reads, and on which a transaction sees one state of the database until it ends. */
  snapshot<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T>;
  /** Calls back so that what is set going does not count as a part of the work that calls. */
  outside(callback: () => void): void;
  /** Closes all connections at once; open transactions are undone. */
  close(): void;
}
