import mssql from "mssql";
import { LiveDistError } from "../../base/errors.js";
import {
  STORE_CONNECTIONS_MAX,
  STORE_READS_MAX,
  STORE_SNAPSHOTS_MAX,
  STORE_TRANSACTIONS_MAX,
} from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";
import { nestedError } from "../nested-error.js";
import { Turns } from "../turns.js";
import type { ConnectionSettings } from "./connection-keys.js";
import { poolConfig } from "./pool-config.js";
import { Requests, type Runner } from "./requests.js";
import { isPassing, storeError } from "./sqlserver-errors.js";
import type { SqlServerSession } from "./sqlserver-session.js";

/** How often a read that stands alone is run where it loses a deadlock or its connection. */
const READ_ATTEMPTS = 3;

export interface AccessOptions {
  readonly settings: ConnectionSettings;
  readonly lockMsMax: number;
  readonly logger: Logger;
}

/** How the connections of one store are shared out. */
export class SqlServerAccess {
  readonly #reads: mssql.ConnectionPool;
  readonly #transactions: mssql.ConnectionPool;
  readonly #snapshots: mssql.ConnectionPool;
  readonly #reader: Requests;
  readonly #transactionTurns: Turns;
  readonly #snapshotTurns = new Turns(STORE_SNAPSHOTS_MAX);
  readonly #sessions = new Set<SqlServerSession>();
  #closing: Promise<void> | undefined;

  private constructor({ settings, lockMsMax, logger }: AccessOptions) {
    const atOnce = settings.connectionsMax ?? STORE_TRANSACTIONS_MAX;
    // Reads have connections of their own, so that one inside a transaction never waits for the end of transactions. Each
    // sees what was committed when it began: under locks it would wait for whoever has changed a row that it comes by.
    this.#reads = makePool(settings, STORE_READS_MAX, logger, mssql.ISOLATION_LEVEL.SNAPSHOT);
    this.#transactions = makePool(settings, atOnce, logger);
    // Snapshots inside others wait for nobody's turn.
    this.#snapshots = makePool(settings, STORE_CONNECTIONS_MAX - STORE_READS_MAX - STORE_TRANSACTIONS_MAX, logger);
    this.#reader = new Requests(() => this.#reads.request(), lockMsMax);
    this.#transactionTurns = new Turns(atOnce);
  }

  /** Connects, and calls `prepare` before anything else is done: it makes the database one that can be read. */
  static async open(options: AccessOptions, prepare: (requests: Requests) => Promise<void>): Promise<SqlServerAccess> {
    await prepareAlone(options, prepare);
    const access = new SqlServerAccess(options);
    try {
      await Promise.all([access.#reads.connect(), access.#transactions.connect(), access.#snapshots.connect()]);
      return access;
    } catch (error) {
      await access.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Reads what is committed. `work` may be run several times, so that it has to be one statement, or to change nothing. */
  async read<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.#checkOpen();
      try {
        return await work(this.#reader);
      } catch (error) {
        this.#checkOpen();
        if (attempt >= READ_ATTEMPTS || !isPassing(error)) throw error;
      }
    }
  }

  /** Runs `work` in a transaction that commits. */
  async write<T>(make: MakeSession<SqlServerSession>, work: (session: SqlServerSession) => Promise<T>): Promise<T> {
    if (this.#transactionTurns.isInside) throw nestedError();
    return this.#transactionTurns.run(async () => {
      const session = await this.#begin(this.#transactions, mssql.ISOLATION_LEVEL.READ_COMMITTED, make);
      return this.#finish(session, async () => {
        const result = await work(session);
        await session.commit();
        return result;
      });
    });
  }

  /** Runs `work` in a transaction that sees one state of the database, and that is always undone. */
  snapshot<T, S extends SqlServerSession>(make: MakeSession<S>, work: (session: S) => Promise<T>): Promise<T> {
    const run = () => this.isolated(make, work);
    // Whoever has a turn already must not wait for those who may be waiting for him.
    const mayWait = !this.#snapshotTurns.isInside && !this.#transactionTurns.isInside;
    return mayWait ? this.#snapshotTurns.run(run) : run();
  }

  /** Runs `work` in a transaction that sees one state of the database, whoever has a turn; undone where `work` does not commit. */
  async isolated<T, S extends SqlServerSession>(make: MakeSession<S>, work: (session: S) => Promise<T>): Promise<T> {
    const session = await this.#begin(this.#snapshots, mssql.ISOLATION_LEVEL.SNAPSHOT, make);
    return this.#finish(session, () => work(session));
  }

  /** Begins a transaction for a session of `isolated` that goes on in another one. */
  beginIsolated(): Promise<mssql.Transaction> {
    return this.#beginTransaction(this.#snapshots, mssql.ISOLATION_LEVEL.SNAPSHOT);
  }

  /** Runs `work` in a transaction like those of `write`, but whoever has a turn; undone where `work` does not commit. */
  async aside<T, S extends SqlServerSession>(make: MakeSession<S>, work: (session: S) => Promise<T>): Promise<T> {
    const session = await this.#begin(this.#snapshots, mssql.ISOLATION_LEVEL.READ_COMMITTED, make);
    return this.#finish(session, () => work(session));
  }

  /** Calls back so that what is set going does not count as a part of the work that calls. */
  outside(callback: () => void): void {
    this.#snapshotTurns.outside(() => this.#transactionTurns.outside(callback));
  }

  /** Ends everything at once. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    this.#transactionTurns.close(closedError());
    this.#snapshotTurns.close(closedError());
    this.#reader.cancel();
    await Promise.all([...this.#sessions].map((session) => session.abort(closedError())));
    await Promise.all([this.#reads, this.#transactions, this.#snapshots].map((pool) => pool.close()));
  }

  async #begin<S extends SqlServerSession>(
    pool: mssql.ConnectionPool,
    isolationLevel: mssql.IIsolationLevel,
    make: MakeSession<S>,
  ): Promise<S> {
    const session = make(await this.#beginTransaction(pool, isolationLevel));
    this.#sessions.add(session);
    if (this.#closing !== undefined) await session.abort(closedError());
    return session;
  }

  async #beginTransaction(
    pool: mssql.ConnectionPool,
    isolationLevel: mssql.IIsolationLevel,
  ): Promise<mssql.Transaction> {
    this.#checkOpen();
    const transaction = pool.transaction();
    try {
      return await transaction.begin(isolationLevel);
    } catch (error) {
      this.#checkOpen();
      throw storeError(error);
    }
  }

  async #finish<T>(session: SqlServerSession, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#checkOpen();
      throw error instanceof mssql.MSSQLError ? storeError(error) : error;
    } finally {
      // After a commit this finds nothing to undo.
      await session.rollBack();
      this.#sessions.delete(session);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}

type MakeSession<S extends SqlServerSession> = (transaction: mssql.Transaction) => S;

/** On a connection of its own: what a script sets stays set, and nothing is created in snapshots. */
async function prepareAlone(
  { settings, lockMsMax, logger }: AccessOptions,
  prepare: (requests: Requests) => Promise<void>,
): Promise<void> {
  const pool = makePool(settings, 1, logger);
  try {
    await pool.connect();
    await prepare(new Requests(() => pool.request(), lockMsMax));
  } finally {
    await pool.close();
  }
}

function makePool(
  settings: ConnectionSettings,
  connectionsMax: number,
  logger: Logger,
  isolationLevel?: mssql.IIsolationLevel,
): mssql.ConnectionPool {
  const pool = new mssql.ConnectionPool(poolConfig(settings, connectionsMax, isolationLevel));
  // Whoever waits for a connection hears of it too; without a listener it would end the process.
  pool.on("error", (error: unknown) => logger.warn({ err: error }, "a connection to SQL Server failed"));
  return pool;
}

function closedError(): LiveDistError {
  return new LiveDistError("Closed", "the store is closed");
}
