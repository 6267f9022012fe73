import type mssql from "mssql";
import type { Clock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { STORE_RELEASE_MS_MAX } from "../../base/limits.js";
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
import { ApplicationTransactions } from "./application-transactions.js";
import { logStatements } from "./log-statements.js";
import type { Runner } from "./requests.js";
import type { SqlServerAccess } from "./sqlserver-access.js";
import { sqlServerClients } from "./sqlserver-clients.js";
import { isConflict } from "./sqlserver-errors.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import { SqlServerLinks } from "./sqlserver-links.js";
import { SqlServerLog } from "./sqlserver-log.js";
import { SqlServerSchemas } from "./sqlserver-schemas.js";
import { sqlServerServers } from "./sqlserver-servers.js";
import { SqlServerSession } from "./sqlserver-session.js";
import { SqlServerSnapshot } from "./sqlserver-snapshot.js";
import { sqlServerTables } from "./sqlserver-tables.js";

/** How often a transaction of the driver's own is run where another one is in its way. */
const ATTEMPTS = 5;

export interface SqlServerStoreParts {
  readonly access: SqlServerAccess;
  readonly tablesPrefix: string;
  readonly lockMsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The Store in a SQL Server database. Made by `openSqlServerStore`. */
export class SqlServerStore implements Store {
  readonly dialect = "sqlserver";
  readonly tablesPrefix: string;
  readonly log: StoreLog;
  readonly clients: StoreClients;
  readonly schemas: StoreSchemas;
  readonly links: StoreLinks;
  readonly servers: StoreServers;
  readonly #parts: SqlServerStoreParts;
  readonly #log: SqlServerLog;
  readonly #applications: ApplicationTransactions;

  constructor(parts: SqlServerStoreParts) {
    const { access, tablesPrefix, lockMsMax, clock, random, logger } = parts;
    this.#parts = parts;
    this.tablesPrefix = tablesPrefix;
    const host: SqlServerHost = {
      clock,
      tables: sqlServerTables(tablesPrefix),
      read: (work) => access.read(work),
      write: (work) => repeated(() => access.write(this.#session, work)),
      isolated: (work) => repeated(() => access.isolated(this.#session, work)),
      aside: (work) => repeated(() => access.aside(this.#session, work)),
      runnerOf: (transaction) => this.#runnerOf(transaction),
      outside: (callback) => access.outside(callback),
    };
    this.#applications = new ApplicationTransactions((work) => access.read(work), lockMsMax);
    this.log = this.#log = new SqlServerLog(host, random, new Listeners(logger));
    this.clients = sqlServerClients(host, new Listeners(logger));
    this.schemas = new SqlServerSchemas(host);
    this.links = new SqlServerLinks(host);
    this.servers = sqlServerServers(host, (transaction) => this.#sessionOf(transaction));
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#parts.access.write(this.#session, work);
  }

  snapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const { access, tablesPrefix, lockMsMax } = this.#parts;
    const sql = logStatements(sqlServerTables(tablesPrefix));
    const begin = () => access.beginIsolated();
    const parts = { lockMsMax, sql, numbering: this.#log.numbering, begin };
    return access.snapshot(
      (transaction) => new SqlServerSnapshot(this, transaction, parts),
      async (session) => {
        await session.begin();
        return read(session);
      },
    );
  }

  async close(): Promise<void> {
    const { access, clock } = this.#parts;
    if (!access.isClosed) await soonest(clock, STORE_RELEASE_MS_MAX, this.#log.numbering.release());
    // A connection that does not answer is left behind; nothing goes on in it.
    await soonest(clock, STORE_RELEASE_MS_MAX, access.close());
  }

  readonly #session = (transaction: mssql.Transaction): SqlServerSession =>
    new SqlServerSession(this, transaction, this.#parts.lockMsMax);

  #sessionOf(transaction: Transaction): SqlSession {
    if (transaction instanceof SqlServerSession && transaction.store === this) return transaction;
    throw new LiveDistError("Store", "this is no transaction of this store");
  }

  async #runnerOf(transaction: unknown): Promise<Runner> {
    if (!(transaction instanceof SqlServerSession)) return this.#applications.runnerOf(transaction);
    if (transaction.store === this) return transaction;
    throw new LiveDistError("Store", "this is a transaction of another store");
  }
}

/** Transactions of the driver's own may be run again: they are undone as a whole. */
async function repeated<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !isConflict(error)) throw error;
    }
  }
}

/** Waits for what may fail or hang, but not for long. */
async function soonest(clock: Clock, msMax: number, work: Promise<void>): Promise<void> {
  let cancel: () => void = () => undefined;
  const timeout = new Promise<void>((resolve) => (cancel = clock.after(msMax, resolve)));
  await Promise.race([work.catch(() => undefined), timeout]);
  cancel();
}
