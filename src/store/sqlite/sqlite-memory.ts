import { LiveDistError } from "../../base/errors.js";
import { Turns } from "../turns.js";
import { nestedError } from "../nested-error.js";
import type { SqliteAccess } from "./sqlite-access.js";
import { SqliteConnection } from "./sqlite-connection.js";

/**
 * A database in memory, which has one connection only: transactions and reads take turns. A snapshot is a copy of the
 * whole database, so that it may stay open while the original is written.
 */
export class SqliteMemory implements SqliteAccess {
  readonly #connection: SqliteConnection;
  readonly #turns = new Turns(1);
  readonly #copies = new Set<SqliteConnection>();

  private constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  static async open(prepare: (writer: SqliteConnection) => Promise<void>): Promise<SqliteMemory> {
    const connection = SqliteConnection.open(":memory:");
    try {
      connection.run("PRAGMA foreign_keys = ON");
      await prepare(connection);
      return new SqliteMemory(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async write<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    if (this.#turns.isInside) throw nestedError();
    return this.#turns.run(() => work(this.#connection));
  }

  read<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    return this.write((connection) => new Promise((resolve) => resolve(work(connection))));
  }

  async snapshot<T>(work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
    const copy = await this.read((connection) => connection.copy());
    this.#copies.add(copy);
    try {
      return await work(copy);
    } finally {
      this.#copies.delete(copy);
      copy.close();
    }
  }

  outside(callback: () => void): void {
    this.#turns.outside(callback);
  }

  close(): void {
    this.#turns.close(new LiveDistError("Closed", "the store is closed"));
    for (const connection of [...this.#copies, this.#connection]) connection.close();
  }
}
