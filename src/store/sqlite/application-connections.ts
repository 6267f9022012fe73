import type Database from "better-sqlite3";
import { type BigIntStats, statSync } from "node:fs";
import { LiveDistError } from "../../base/errors.js";
import { SqliteConnection } from "./sqlite-connection.js";

/** Takes an application's own better-sqlite3 Database, where it is on the same file as the store. */
export class ApplicationConnections {
  readonly #path: string | undefined;
  readonly #verified = new WeakMap<Database.Database, SqliteConnection>();

  /** `path` is that of the store's file, or undefined for a database in memory, which no other connection reaches. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** Gives the connection of a Database with a transaction open. Throws Store where it is something else. */
  connectionOf(candidate: unknown): SqliteConnection {
    const verified = this.#verified.get(candidate as Database.Database);
    if (verified?.inTransaction) return verified;
    if (!isDatabase(candidate)) {
      const message =
        "this is neither a transaction of the store nor a better-sqlite3 Database with a transaction open";
      throw new LiveDistError("Store", message);
    }
    if (!candidate.inTransaction) {
      throw new LiveDistError(
        "Store",
        "no transaction is open on this Database: begin one (BEGIN IMMEDIATE) and commit it afterwards",
      );
    }
    const connection = new SqliteConnection(candidate);
    this.#verify(connection);
    this.#verified.set(candidate, connection);
    return connection;
  }

  #verify(connection: SqliteConnection): void {
    const file = connection.first("SELECT file FROM pragma_database_list WHERE name = 'main'")?.file;
    if (this.#path !== undefined && typeof file === "string" && file !== "" && isSameFile(file, this.#path)) return;
    throw new LiveDistError("Store", "this Database is connected to another database than the store");
  }
}

// By its shape: an application may bring another copy of better-sqlite3.
function isDatabase(candidate: unknown): candidate is Database.Database {
  if (typeof candidate !== "object" || candidate === null) return false;
  return "inTransaction" in candidate && "prepare" in candidate && "unsafeMode" in candidate;
}

/** Compares the files and not their paths: links and other spellings lead to the same file. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [identityOf(one), identityOf(other)];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function identityOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
