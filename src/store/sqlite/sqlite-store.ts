import type { Clock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import { Listeners } from "../listeners.js";
import type {
  Snapshot,
  SqlSession,
  Store,
  StoreClients,
  StoreLinks,
  StoreLog,
  StoreSchemas,
  StoreServers,
  Transaction,
} from "../store.js";
import type { ApplicationConnections } from "./application-connections.js";
import type { BusyWait } from "./busy-wait.js";
import type { SqliteAccess } from "./sqlite-access.js";
import { sqliteClients } from "./sqlite-clients.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { SqliteHost } from "./sqlite-host.js";
import { SqliteLinks } from "./sqlite-links.js";
import { SqliteLog } from "./sqlite-log.js";
import { SqliteSchemas } from "./sqlite-schemas.js";
import { sqliteServers } from "./sqlite-servers.js";
import { SqliteSession, rolledBackError } from "./sqlite-session.js";
import { SqliteSnapshot } from "./sqlite-snapshot.js";
import { sqliteTables } from "./sqlite-tables.js";

export interface SqliteStoreParts {
  readonly access: SqliteAccess;
  readonly applicationConnections: ApplicationConnections;
  readonly busy: BusyWait;
  readonly tablesPrefix: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The Store in an SQLite database. Made by `openSqliteStore`. */
export class SqliteStore implements Store {
  readonly dialect = "sqlite";
  readonly tablesPrefix: string;
  readonly log: StoreLog;
  readonly clients: StoreClients;
  readonly schemas: StoreSchemas;
  readonly links: StoreLinks;
  readonly servers: StoreServers;
  readonly #parts: SqliteStoreParts;

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts;
    this.tablesPrefix = parts.tablesPrefix;
    const host: SqliteHost = {
      clock: parts.clock,
      tables: sqliteTables(parts.tablesPrefix),
      read: (work) => parts.access.read(work),
      write: (work) => this.#write(work),
      connectionOf: (transaction) => this.#connectionOf(transaction),
      outside: (callback) => parts.access.outside(callback),
    };
    this.log = new SqliteLog(host, parts.random, new Listeners(parts.logger));
    this.clients = sqliteClients(host, new Listeners(parts.logger));
    this.schemas = new SqliteSchemas(host);
    this.links = new SqliteLinks(host);
    this.servers = sqliteServers(host, (transaction) => this.#sessionOf(transaction));
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#write(work);
  }

  snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const { access, busy, clock, tablesPrefix } = this.#parts;
    const tables = sqliteTables(tablesPrefix);
    return access.snapshot(async (connection) => {
      await busy.until(() => beginReading(connection, tables.state));
      const session = new SqliteSnapshot(this, connection, clock, tables);
      try {
        return await read(session);
      } finally {
        session.end();
        connection.rollBack();
      }
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.access.close();
      resolve();
    });
  }

  #write<T>(work: (session: SqliteSession) => Promise<T>): Promise<T> {
    const { access, busy, clock } = this.#parts;
    return access.write(async (connection) => {
      await busy.until(() => connection.run("BEGIN IMMEDIATE"));
      const session = new SqliteSession(this, connection, clock);
      try {
        const result = await work(session);
        session.end();
        commit(connection);
        return result;
      } catch (error) {
        session.end();
        connection.rollBack();
        throw error;
      }
    });
  }

  #sessionOf(transaction: Transaction): SqlSession {
    if (transaction instanceof SqliteSession && transaction.store === this) return transaction;
    throw new LiveDistError("Store", "this is no transaction of this store");
  }

  #connectionOf(transaction: unknown): SqliteConnection {
    if (!(transaction instanceof SqliteSession)) return this.#parts.applicationConnections.connectionOf(transaction);
    if (transaction.store === this) return transaction.connection;
    throw new LiveDistError("Store", "this is a transaction of another store");
  }
}

function commit(connection: SqliteConnection): void {
  if (connection.isOpen && !connection.inTransaction) throw rolledBackError();
  connection.run("COMMIT");
}

/** Begins, and reads a value: only with its first read does a transaction of SQLite see one state from then on. */
function beginReading(connection: SqliteConnection, stateTable: string): void {
  connection.rollBack();
  connection.run("BEGIN");
  connection.first(`SELECT Value FROM ${stateTable} LIMIT 1`);
}
