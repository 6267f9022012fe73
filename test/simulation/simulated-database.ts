import Database from "better-sqlite3";
import { systemClock } from "../../src/base/clock.js";
import { LiveDistError } from "../../src/base/errors.js";
import { silentLogger } from "../../src/base/logger.js";
import type { Random } from "../../src/base/random.js";
import { ApplicationConnections } from "../../src/store/sqlite/application-connections.js";
import { BusyWait } from "../../src/store/sqlite/busy-wait.js";
import { createTables } from "../../src/store/sqlite/run-script.js";
import type { SqliteAccess } from "../../src/store/sqlite/sqlite-access.js";
import { SqliteConnection } from "../../src/store/sqlite/sqlite-connection.js";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.js";
import { nestedError } from "../../src/store/nested-error.js";
import type { SqlRow, SqlValue, Store } from "../../src/store/store.js";
import { Turns } from "../../src/store/turns.js";
import { DatabaseLock } from "./database-lock.js";
import type { SimulatedProcess } from "./simulated-process.js";

/** Hears of what a process writes, while it can still be told from what others write. */
export interface CommitListener {
  /** Rows after this sequence-number are about to be committed, in one transaction that also set these links. */
  committing(afterSequence: number, links: readonly string[]): void;
  committed(): void;
}

/** What a server's process and its database do to each other. */
export interface DatabaseUser extends CommitListener {
  readonly process: SimulatedProcess;
  /** Whether the database cannot be reached from there. */
  readonly isAway: boolean;
}

/** What is said where the database cannot be reached. */
export const AWAY = "the database is away";

/**
 * An SQLite database in memory that survives the processes that use it, of which one at a time reads or writes; it is backed up
 * and put back as a whole.
 */
export class SimulatedDatabase {
  readonly #random: Random;
  #database: Database.Database;
  readonly #lock = new DatabaseLock();
  readonly #connections = new Map<SimulatedProcess, SqliteConnection>();
  #outside: SqliteConnection;

  private constructor(database: Database.Database, random: Random) {
    this.#database = database;
    this.#outside = new SqliteConnection(database);
    this.#random = random;
  }

  static async create(random: Random): Promise<SimulatedDatabase> {
    const database = new Database(":memory:");
    const connection = new SqliteConnection(database);
    connection.run("PRAGMA foreign_keys = ON");
    await createTables(connection, new BusyWait(systemClock, 0), "", random);
    return new SimulatedDatabase(database, random);
  }

  /** Opens it for a process. */
  open(user: DatabaseUser): Store {
    const { process } = user;
    const connection = new ProcessConnection(this.#database, process, user);
    this.#connections.set(process, connection);
    return new SqliteStore({
      access: new ProcessAccess(connection, user, this.#lock),
      applicationConnections: new ApplicationConnections(undefined),
      busy: new BusyWait(process, 0),
      tablesPrefix: "",
      clock: process,
      random: this.#random,
      logger: silentLogger,
    });
  }

  /** Undoes what a process that has ended has left open. */
  abandon(process: SimulatedProcess): void {
    this.#connections.get(process)?.endIterations();
    this.#connections.delete(process);
    if (!this.#lock.isHeldBy(process)) return;
    if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
    this.#lock.give(process);
  }

  /** Runs a statement as no process does. */
  all(sql: string, ...parameters: SqlValue[]): SqlRow[] {
    return this.#outside.all(sql, parameters);
  }

  /** The epoch of its log. */
  get epoch(): string {
    return String(this.all("SELECT Value FROM LiveDistState WHERE Name = 'epoch'")[0]!["Value"]);
  }

  backup(): Buffer {
    if (this.#database.inTransaction) throw new Error("a transaction is open");
    return this.#database.serialize();
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  /** Puts a backup in the place of what is there; no process may use it meanwhile. */
  restore(backup: Buffer): void {
    this.#database.close();
    this.#database = new Database(backup);
    this.#outside = new SqliteConnection(this.#database);
    this.#database.pragma("foreign_keys = ON");
  }

  close(): void {
    this.#database.close();
  }
}

/** The one connection to a database in memory, as one process has it: useless once it has ended. */
class ProcessConnection extends SqliteConnection {
  readonly #process: SimulatedProcess;
  readonly #listener: CommitListener;
  #links: string[] = [];
  #sequence = 0;

  constructor(database: Database.Database, process: SimulatedProcess, listener: CommitListener) {
    super(database);
    this.#process = process;
    this.#listener = listener;
  }

  override get isOpen(): boolean {
    return this.#process.isAlive && super.isOpen;
  }

  override get inTransaction(): boolean {
    return this.#process.isAlive && super.inTransaction;
  }

  override run(sql: string, parameters: readonly SqlValue[] = []): number {
    this.#checkAlive();
    if (sql.startsWith("INSERT INTO LiveDistLinks")) this.#links.push(parameters[0] as string);
    if (sql !== "COMMIT") return this.#begin(sql, super.run(sql, parameters));
    this.#listener.committing(this.#sequence, this.#links);
    this.#checkAlive();
    const changed = super.run(sql, parameters);
    this.#listener.committed();
    this.#checkAlive();
    return changed;
  }

  override all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    this.#checkAlive();
    return super.all(sql, parameters);
  }

  override iterate(sql: string, parameters: readonly SqlValue[] = []): Generator<SqlRow, undefined> {
    this.#checkAlive();
    return super.iterate(sql, parameters);
  }

  override copy(): SqliteConnection {
    this.#checkAlive();
    return super.copy();
  }

  override endIterations(): void {
    if (super.isOpen) super.endIterations();
  }

  #begin(sql: string, changed: number): number {
    if (!sql.startsWith("BEGIN")) return changed;
    this.#links = [];
    const [row] = super.all("SELECT COALESCE(MAX(seq), 0) AS newest FROM sqlite_sequence WHERE name = 'LiveDistLog'");
    this.#sequence = Number(row!["newest"]);
    return changed;
  }

  #checkAlive(): void {
    if (!this.#process.isAlive) throw new Error("this process has ended");
  }
}

/** Shares one connection out as SqliteMemory does; whoever waits when the process ends waits for ever. */
class ProcessAccess implements SqliteAccess {
  readonly #connection: ProcessConnection;
  readonly #user: DatabaseUser;
  readonly #lock: DatabaseLock;
  readonly #turns = new Turns(1);

  constructor(connection: ProcessConnection, user: DatabaseUser, lock: DatabaseLock) {
    this.#connection = connection;
    this.#user = user;
    this.#lock = lock;
  }

  write<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    if (this.#turns.isInside) return Promise.reject(nestedError());
    const { process } = this.#user;
    return process.whileAlive(async () => {
      const result = await this.#turns.run(() => process.whileAlive(() => this.#lend(work)));
      // Who stands still does not hear yet what became of it.
      await process.awake();
      return result;
    });
  }

  read<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    return this.write((connection) => new Promise((resolve) => resolve(work(connection))));
  }

  async snapshot<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    const copy = await this.read((connection) => connection.copy());
    try {
      return await work(copy);
    } finally {
      copy.close();
    }
  }

  outside(callback: () => void): void {
    this.#turns.outside(callback);
  }

  /** The database outlives its store, as a file does. */
  close(): void {
    this.#user.process.end();
  }

  async #lend<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    const { process } = this.#user;
    await process.awake();
    if (this.#user.isAway) throw new LiveDistError("Store", AWAY);
    await this.#lock.take(process);
    try {
      return await process.whileAlive(() => work(this.#connection));
    } finally {
      this.#lock.give(process);
    }
  }
}
