import { LiveDistError } from "../../base/errors.js";
import { STORE_SNAPSHOTS_MAX } from "../../base/limits.js";
import { nestedError } from "../nested-error.js";
import { Turns } from "../turns.js";
import type { BusyWait } from "./busy-wait.js";
import type { SqliteAccess } from "./sqlite-access.js";
import { SqliteConnection } from "./sqlite-connection.js";

/** Bytes that the write-ahead log may keep on the disk when all of it has been taken over into the database. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024;

export interface SqliteFileOptions {
  readonly path: string;
  readonly synchronous: "full" | "normal";
  readonly busy: BusyWait;
}

/**
 * A database file: one connection writes, one reads, and every open snapshot has one of its own. The file is kept in WAL
 * mode, in which readers see what was committed when they began, and neither wait for the writer nor keep it waiting. A
 * snapshot that stays open for long lets the write-ahead log grow.
 */
export class SqliteFile implements SqliteAccess {
  readonly #path: string;
  readonly #busy: BusyWait;
  readonly #writer: SqliteConnection;
  readonly #reader: SqliteConnection;
  readonly #writerTurns = new Turns(1);
  readonly #snapshotTurns = new Turns(STORE_SNAPSHOTS_MAX);
  readonly #snapshotConnections = new Set<SqliteConnection>();
  readonly #idle: SqliteConnection[] = [];

  private constructor(options: SqliteFileOptions, writer: SqliteConnection, reader: SqliteConnection) {
    this.#path = options.path;
    this.#busy = options.busy;
    this.#writer = writer;
    this.#reader = reader;
  }

  /** Opens the file, or creates it, and calls `prepare` before anything else is done with it. */
  static async open(
    options: SqliteFileOptions,
    prepare: (writer: SqliteConnection) => Promise<void>,
  ): Promise<SqliteFile> {
    const writer = connect(options.path);
    try {
      await enterWalMode(writer, options.busy);
      writer.run(`PRAGMA synchronous = ${options.synchronous === "normal" ? "NORMAL" : "FULL"}`);
      writer.run(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
      await prepare(writer);
      return new SqliteFile(options, writer, connectReader(options.path));
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  async write<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    if (this.#writerTurns.isInside) throw nestedError();
    return this.#writerTurns.run(() => work(this.#writer));
  }

  read<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    return this.#busy.until(() => work(this.#reader));
  }

  snapshot<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    const run = () => this.#lend(work);
    // Whoever has a turn already must not wait for those who may be waiting for him.
    const mayWait = !this.#snapshotTurns.isInside && !this.#writerTurns.isInside;
    return mayWait ? this.#snapshotTurns.run(run) : run();
  }

  outside(callback: () => void): void {
    this.#snapshotTurns.outside(() => this.#writerTurns.outside(callback));
  }

  close(): void {
    const closed = new LiveDistError("Closed", "the store is closed");
    this.#writerTurns.close(closed);
    this.#snapshotTurns.close(closed);
    for (const connection of [...this.#snapshotConnections, this.#reader, this.#writer]) connection.close();
  }

  async #lend<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    if (!this.#writer.isOpen) throw new LiveDistError("Closed", "the store is closed");
    const connection = this.#idle.pop() ?? connectReader(this.#path);
    this.#snapshotConnections.add(connection);
    try {
      return await work(connection);
    } finally {
      if (connection.isOpen && !connection.inTransaction && this.#idle.length < STORE_SNAPSHOTS_MAX)
        this.#idle.push(connection);
      else this.#discard(connection);
    }
  }

  #discard(connection: SqliteConnection): void {
    this.#snapshotConnections.delete(connection);
    connection.close();
  }
}

function connect(path: string): SqliteConnection {
  const connection = SqliteConnection.open(path);
  connection.run("PRAGMA foreign_keys = ON");
  return connection;
}

function connectReader(path: string): SqliteConnection {
  const connection = connect(path);
  connection.run("PRAGMA query_only = ON");
  return connection;
}

async function enterWalMode(writer: SqliteConnection, busy: BusyWait): Promise<void> {
  const [row] = await busy.until(() => writer.all("PRAGMA journal_mode = WAL"));
  if (row?.journal_mode === "wal") return;
  const message = "the file cannot be put into WAL mode: it has to be writable and to lie on a disk of this machine";
  throw new LiveDistError("Store", message);
}
