import type { Clock } from "../../base/clock.js";
import type { Runner } from "./requests.js";
import type { SqlServerSession } from "./sqlserver-session.js";
import type { SqlServerTables } from "./sqlserver-tables.js";

/** What the parts of a store (log, clients, schemas, links) need of it. */
export interface SqlServerHost {
  readonly clock: Clock;
  readonly tables: SqlServerTables;
  /** Reads what is committed. `work` may be run several times. */
  read<T>(work: (runner: Runner) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction of the store, and again from its beginning where another transaction was in its way. */
  write<T>(work: (session: SqlServerSession) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction that sees one state of the database, whoever has a turn; undone where `work` does not commit. */
  isolated<T>(work: (session: SqlServerSession) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction like those of `write`, but whoever has a turn; undone where `work` does not commit. */
  aside<T>(work: (session: SqlServerSession) => Promise<T>): Promise<T>;
  /** Gives what runs statements in an open transaction: the store's own or the application's. Rejects with Store where it is neither. */
  runnerOf(transaction: unknown): Promise<Runner>;
  /** Calls back so that what is set going does not count as a part of an open transaction. */
  outside(callback: () => void): void;
}
