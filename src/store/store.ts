import type { Dialect } from "../topics/where.js";
import type { BeatOptions, Master, ServerEntry, ServersSeen } from "./server-row.js";

/** One transaction of an application as it stands in the log: one delta-buffer, committed with the application's data. */
export interface LogRow {
  /** The sequence-number: greater for transactions that became part of the log later. */
  readonly sequence: number;
  readonly deltaBuffer: Uint8Array;
}

/** What the log holds now. An empty log has `firstSequence` = `lastSequence` + 1. */
export interface LogBounds {
  /** The log's epoch: changes where the database was restored or replaced. Sequence-numbers compare within one epoch only. */
  readonly epoch: string;
  /** Sequence of the oldest row still held; a position below `firstSequence` - 1 is too old. */
  readonly firstSequence: number;
  /** Sequence of the newest row; 0 where there was never one. */
  readonly lastSequence: number;
}

/** What is left of an entity's trimmed log rows. */
export interface EntityChange {
  /** 16 bytes. */
  readonly techId: Uint8Array;
  readonly className: string;
  /** Its last sequence in the trimmed part: its changeSeq, unless the log has a later row. */
  readonly sequence: number;
  readonly isDeleted: boolean;
}

/** A row of LiveDistClients (guide §2.7). */
export interface ClientRow {
  /** 1 to 64 characters. */
  readonly clientId: string;
  /** 0 to 63, unique. */
  readonly bitNumber: number;
  readonly isDisabled: boolean;
}

/** Values as every driver takes and gives them. An int64 is a bigint when read as such, a dateTime is milliseconds. */
export type SqlValue = null | string | number | bigint | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * SQL inside one transaction or one snapshot. Statements are in the store's dialect with `?` for parameters; the driver
 * puts its own markers in their place. Not valid after the transaction or snapshot that gave it has ended.
 */
export interface SqlSession {
  /** Runs a statement that gives no rows; gives the number of rows changed. */
  run(sql: string, parameters?: readonly SqlValue[]): Promise<number>;
  /** Gives all rows. Whole numbers come as `number` where they are safe, otherwise as bigint. */
  all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]>;
  /**
   * Gives rows in batches, without holding them all in memory. Other statements may run between two batches; whether the
   * stream sees what they change is not promised. Ends with an error where the transaction or snapshot ends before it.
   */
  stream(sql: string, parameters?: readonly SqlValue[]): AsyncIterable<SqlRow[]>;
}

/** A transaction begun by `Store.transaction`. */
export interface Transaction extends SqlSession {
  readonly store: Store;
}

/** A consistent view of the database: what was committed when it began, whatever is written meanwhile. */
export interface Snapshot extends SqlSession {
  readonly store: Store;
  /**
   * Gives the log's bounds as of the snapshot: its data is exactly what the rows up to `lastSequence` say. Has to be called
   * before anything else is read: a database that numbers rows after their commit moves the snapshot on to a moment without
   * rows that wait for their number.
   */
  logBounds(): Promise<LogBounds>;
}

/**
 * LiveDist's own tables in one database: log, clients, schemas, links, servers, changeSeq. One implementation per database; all
 * pass `test/store/store-contract.ts`. Methods may be called in any order and concurrently until `close`; afterwards they
 * reject with the code `Closed`. What the database refuses rejects with the code `Store`.
 */
export interface Store {
  readonly dialect: Dialect;
  /** Stands in front of every table name (guide §7.2, LiveDistTablesPrefix). */
  readonly tablesPrefix: string;

  /**
   * Runs `work` in one transaction: committed when its promise resolves, rolled back entirely when it rejects (and the
   * rejection is passed on). Transactions of one store never interleave where the database has one writer; they run in the
   * order of the calls. Inside `work`, a call of the store that would wait for the end of this same transaction rejects with
   * Store: use the transaction given. Rejects with Store, and keeps nothing, where the database ended it by itself.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * Runs `read` over one consistent view of the database, which it cannot write. A limited number of snapshots is open at
   * once (STORE_SNAPSHOTS_MAX); further ones wait. A long one keeps no writer waiting, but the database keeps for it what is
   * overwritten meanwhile.
   */
  snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T>;

  readonly log: StoreLog;
  readonly clients: StoreClients;
  readonly schemas: StoreSchemas;
  readonly links: StoreLinks;
  readonly servers: StoreServers;

  /**
   * Ends everything at once and frees the database: open transactions are rolled back, they and whoever waits reject with
   * Closed. May be called twice.
   */
  close(): Promise<void>;
}

/** LiveDistLog and what trimming leaves of it (protocol: the log and its sequence). */
export interface StoreLog {
  /**
   * Appends one row inside a transaction: one of this store, or the application's own (its `Database` with a transaction
   * open, for SQLite; its pg client, for PostgreSQL). Rejects with Store where no transaction is open or it is on another database, with Limit where the
   * buffer is above DELTA_BUFFER_BYTES_MAX.
   */
  append(transaction: unknown, deltaBuffer: Uint8Array): Promise<void>;
  /** Gives committed rows after a sequence, in order; at least one if there is one, at most `rowsMax`, about `bytesMax` bytes. */
  read(afterSequence: number, limits: { rowsMax: number; bytesMax: number }): Promise<LogRow[]>;
  bounds(): Promise<LogBounds>;
  /** Says that rows were committed, to whoever listens on this object. */
  notify(): void;
  /** Calls back at every `notify`, and where the database itself tells of commits; gives a function that ends it. */
  onNotify(listener: () => void): () => void;
  /**
   * Removes the rows up to a sequence. `changes` is what they said of each entity; it is kept in the same transaction, where
   * it is later than what was kept before. The newest row may be removed too; sequences go on from it.
   */
  trim(throughSequence: number, changes: readonly EntityChange[]): Promise<void>;
  /**
   * Gives what trimming kept, of all entities or of those deleted after a sequence. Each batch is of its own moment: an
   * entity that is trimmed again meanwhile may be given twice, the second time with its later sequence.
   */
  changes(filter?: { deletedAfter: number }): AsyncIterable<EntityChange[]>;
  /** Gives the bytes of the rows held and the age of the oldest in milliseconds, for the decision to trim. */
  size(): Promise<{ rows: number; bytes: number; oldestMs: number | undefined }>;
  /** Gives the sequence of the newest row held that was appended before a time (ms since 1970), or 0 where none was. */
  sequenceBefore(timeMs: number): Promise<number>;
  /**
   * Holds the end of the log until a transaction of this store ends: until then nobody else's row is given a number, and what
   * the transaction appends from then on is numbered directly behind the sequence that this gives, the last one. Committed rows
   * without a number get theirs before. Has to be called before the transaction appends. Rejects with Store where it cannot be
   * held now: try again later, in another transaction.
   */
  holdEnd(transaction: Transaction): Promise<number>;
  /** Begins a new epoch, as has to be done after a restore; gives its name. */
  newEpoch(): Promise<string>;
}

/** LiveDistClients (guide §2.7). Servers only read it. */
export interface StoreClients {
  /** Adds a row. Rejects with Store where a value is out of range, or the ClientId or BitNumber is taken. */
  add(client: { clientId: string; bitNumber: number; isDisabled?: boolean }): Promise<void>;
  /** Gives all rows by BitNumber. */
  list(): Promise<ClientRow[]>;
  /** Removes a row. Rejects with UnknownClient where there is no such row, as the next two do. */
  remove(clientId: string): Promise<void>;
  disable(clientId: string): Promise<void>;
  enable(clientId: string): Promise<void>;
  /**
   * Calls back after every change made through this object and, where the database tells of it (PostgreSQL), made elsewhere;
   * on other databases changes made elsewhere are seen by `list` only.
   */
  onChange(listener: () => void): () => void;
}

/** LiveDistSchemas: schema texts by schema-name (guide §4.4). */
export interface StoreSchemas {
  /**
   * Stores a schema, in a transaction of its own or in the one given, which may be whatever `StoreLog.append` takes. Does
   * nothing where it is stored already; rejects with Config where the name is taken by another text.
   */
  put(name: string, text: string, transaction?: unknown): Promise<void>;
  get(name: string): Promise<string | undefined>;
  /** Gives all, in the order in which they were stored. */
  list(): Promise<{ name: string; text: string }[]>;
}

/** LiveDistLinks: what a site remembers of each of its peers; `state` is text that belongs to the caller. */
export interface StoreLinks {
  get(peer: string): Promise<string | undefined>;
  /** Sets it, inside a transaction of this store where one is given. */
  set(peer: string, state: string, transaction?: Transaction): Promise<void>;
}

/** LiveDistServers and LiveDistMaster: the servers of this site, and which of them leads (protocol: several servers of a site). */
export interface StoreServers {
  /**
   * Enters a server or renews its row, and gives all rows as they are then. Becomes the master, or stays it, where that is allowed
   * and nobody else is: one at most is it at any time.
   */
  beat(entry: ServerEntry, options: BeatOptions): Promise<ServersSeen>;
  /** Gives all rows, without showing itself. */
  list(): Promise<ServersSeen>;
  /** Removes the row of a server that ends, so that nobody waits for it. */
  leave(serverId: string): Promise<void>;
  /** Tells whether a server is still the master; until the transaction ends nobody else becomes it then. */
  isMaster(master: Master, transaction: Transaction): Promise<boolean>;
}
