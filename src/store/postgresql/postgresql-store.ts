import { sleep, type Clock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { STORE_RELEASE_MS_MAX, STORE_SNAPSHOTS_MAX, STORE_TRANSACTIONS_MAX } from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import { Listeners } from "../listeners.js";
import { nestedError } from "../nested-error.js";
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
import { Turns } from "../turns.js";
import { ApplicationClients } from "./application-clients.js";
import { LogNumbering } from "./log-numbering.js";
import { type Bell, LogWatch } from "./log-watch.js";
import { postgresqlClients } from "./postgresql-clients.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import { closedError } from "./postgresql-errors.js";
import type { PostgresqlHost } from "./postgresql-host.js";
import { PostgresqlLinks } from "./postgresql-links.js";
import { PostgresqlListener } from "./postgresql-listener.js";
import { PostgresqlLog } from "./postgresql-log.js";
import type { PostgresqlPool } from "./postgresql-pool.js";
import { PostgresqlSchemas } from "./postgresql-schemas.js";
import { postgresqlServers } from "./postgresql-servers.js";
import { overError, PostgresqlSession } from "./postgresql-session.js";
import { PostgresqlSnapshot } from "./postgresql-snapshot.js";
import type { PostgresqlTables } from "./postgresql-tables.js";
import { toLogState } from "./read-log-state.js";

export interface PostgresqlStoreParts {
  readonly pool: PostgresqlPool;
  readonly connectionString: string;
  readonly tables: PostgresqlTables;
  readonly tablesPrefix: string;
  /** Where the database tells of appended rows, and of changes of LiveDistClients. */
  readonly channels: { readonly log: string; readonly clients: string };
  /** The key of the advisory lock of those who want to be told of appended rows. */
  readonly bellLock: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The Store in a PostgreSQL database. Made by `openPostgresqlStore`. */
export class PostgresqlStore implements Store {
  readonly dialect = "postgresql";
  readonly tablesPrefix: string;
  readonly log: StoreLog;
  readonly clients: StoreClients;
  readonly schemas: StoreSchemas;
  readonly links: StoreLinks;
  readonly servers: StoreServers;
  readonly #parts: PostgresqlStoreParts;
  readonly #numbering: LogNumbering;
  readonly #listener: PostgresqlListener;
  readonly #watch: LogWatch;
  readonly #applicationClients: ApplicationClients;
  readonly #transactionTurns = new Turns(STORE_TRANSACTIONS_MAX);
  readonly #snapshotTurns = new Turns(STORE_SNAPSHOTS_MAX);

  constructor(parts: PostgresqlStoreParts) {
    const { pool, tables, clock, random, logger } = parts;
    this.#parts = parts;
    this.tablesPrefix = parts.tablesPrefix;
    this.#numbering = new LogNumbering(pool, tables, parts.channels.log);
    this.#applicationClients = new ApplicationClients(pool, tables);
    const [logListeners, clientsListeners] = [new Listeners(logger), new Listeners(logger)];
    this.#listener = this.#listen(logListeners, clientsListeners);
    this.#watch = new LogWatch({
      numbering: this.#numbering,
      bell: bellOf(this.#listener, parts.bellLock),
      clock,
      logger,
      found: () => logListeners.call(),
    });
    const host: PostgresqlHost = {
      clock,
      tables,
      logChannel: parts.channels.log,
      bellLock: parts.bellLock,
      read: (work) => pool.read(work),
      write: (work) => this.#write(work),
      connectionOf: (transaction) => this.#connectionOf(transaction),
      outside: (callback) => this.#snapshotTurns.outside(() => this.#transactionTurns.outside(callback)),
    };
    const [numbering, watch] = [this.#numbering, this.#watch];
    this.log = new PostgresqlLog(host, { numbering, random, listeners: logListeners, watch });
    this.clients = postgresqlClients(host, clientsListeners);
    this.schemas = new PostgresqlSchemas(host);
    this.links = new PostgresqlLinks(host);
    this.servers = postgresqlServers(host, (transaction) => this.#sessionOf(transaction));
  }

  /** Begins to hear of what is committed elsewhere. */
  start(): Promise<void> {
    return this.#listener.start();
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#write(work);
  }

  snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const run = () => this.#snapshot(read);
    // Whoever has a turn already must not wait for those who may be waiting for him.
    const mayWait = !this.#snapshotTurns.isInside && !this.#transactionTurns.isInside;
    return mayWait ? this.#snapshotTurns.run(run) : run();
  }

  async close(): Promise<void> {
    const { pool, clock } = this.#parts;
    this.#transactionTurns.close(closedError());
    this.#snapshotTurns.close(closedError());
    this.#watch.stop();
    this.#listener.close();
    const closing = pool.close((connection) => this.#numbering.release(connection)).catch(() => undefined);
    const giveUp = new AbortController();
    await Promise.race([closing, sleep(clock, STORE_RELEASE_MS_MAX, giveUp.signal)]);
    giveUp.abort();
  }

  #snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#parts.pool.begin(this.#numbering.snapshotSql, async (connection, [row]) => {
      const session = new PostgresqlSnapshot(this, connection, this.#numbering, toLogState(row));
      try {
        return await read(session);
      } finally {
        session.end();
        await rollBack(connection);
      }
    });
  }

  async #write<T>(work: (session: PostgresqlSession) => Promise<T>): Promise<T> {
    if (this.#transactionTurns.isInside) throw nestedError();
    return this.#transactionTurns.run(() =>
      this.#parts.pool.begin("BEGIN ISOLATION LEVEL READ COMMITTED", async (connection) => {
        const session = new PostgresqlSession(this, connection);
        try {
          const result = await work(session);
          session.end();
          await commit(connection);
          return result;
        } catch (error) {
          session.end();
          await rollBack(connection);
          throw error;
        }
      }),
    );
  }

  #sessionOf(transaction: Transaction): SqlSession {
    if (transaction instanceof PostgresqlSession && transaction.store === this) return transaction;
    throw new LiveDistError("Store", "this is no transaction of this store");
  }

  #connectionOf(transaction: unknown): PostgresqlConnection | Promise<PostgresqlConnection> {
    if (!(transaction instanceof PostgresqlSession)) return this.#applicationClients.connectionOf(transaction);
    if (transaction.store === this) return transaction.connection;
    throw new LiveDistError("Store", "this is a transaction of another store");
  }

  #listen(log: Listeners, clients: Listeners): PostgresqlListener {
    const { connectionString, channels, clock, logger } = this.#parts;
    return new PostgresqlListener({
      connectionString,
      clock,
      logger,
      lost: () => this.#watch.connectionChanged(),
      channels: {
        [channels.log]: (payload) => {
          // What this store itself has numbered, it reads by itself.
          if (payload === String(this.#numbering.token)) return;
          if (payload === undefined) {
            this.#numbering.forget();
            this.#watch.connectionChanged();
          } else this.#watch.heard();
          log.call();
        },
        [channels.clients]: () => clients.call(),
      },
    });
  }
}

/** PostgreSQL answers a COMMIT with a rollback, and no error, where a statement had failed. */
async function commit(connection: PostgresqlConnection): Promise<void> {
  if (connection.isOpen && connection.inTransaction === false) throw overError();
  if ((await connection.command("COMMIT")) !== "COMMIT") throw overError();
}

async function rollBack(connection: PostgresqlConnection): Promise<void> {
  // What is lost is undone by the server; the connection goes no further.
  if (connection.isOpen && connection.inTransaction !== false) await connection.run("ROLLBACK").catch(() => undefined);
}

/** Gives the bell of the log: a lock that many may hold, and that ends with the connection that listens. */
function bellOf(listener: PostgresqlListener, bellLock: string): Bell {
  return {
    async hang() {
      // An id that is taken behind the lock is greater than those of all who have not seen it. (The xmax of a snapshot is not:
      // it is that of the last transaction to end, and others that run may have greater ones.)
      const rows = await listener.script(
        `SELECT pg_advisory_lock_shared(${bellLock}); SELECT pg_current_xact_id()::text AS id`,
      );
      return rows && String(rows[0]!.id);
    },
    take: () => listener.script("SELECT pg_advisory_unlock_all()"),
  };
}
