import type { StoreOptions } from "../src/store/store-options.js";

/** A database, run in one of the ways that are measured. */
export interface BenchDatabase {
  /** For instance "SQLite, synchronous full". */
  readonly name: string;
  /** Whether a commit waits for the disk. */
  readonly isDurable: boolean;
  /** Whether the database itself tells a delta server of commits, so that the application need not. */
  readonly tellsOfCommits: boolean;
  /** Numbers of the application's connections that write at once. */
  readonly connectionCounts: readonly number[];
  /** Makes a new and empty database. */
  create(): Promise<BenchSite>;
}

/** One new database, in which application and LiveDist have their tables. */
export interface BenchSite {
  readonly connectionString: string;
  readonly options: StoreOptions;
  /** Connects as an application does that knows nothing of LiveDist. */
  connect(): Promise<Connection>;
}

/** One connection of an application. */
export interface Connection {
  /** What Reception takes as the transaction. */
  readonly handle: unknown;
  /** Writes one row of the application's own in a transaction, and with it what `more` writes. */
  commit(more: () => Promise<unknown> | undefined): Promise<void>;
  /** INSERTs into a table of two columns, inside the transaction. */
  insertBare(bytes: Uint8Array): Promise<unknown> | undefined;
  /** Does the same and has the database tell who listens, where it can. */
  readonly insertAndNotify?: (bytes: Uint8Array) => Promise<unknown>;
  close(): Promise<void>;
}

/** What stands in the application's own row. */
export const OWN_TEXT = "an order of an application: what, for whom, and how it is to be sent";
