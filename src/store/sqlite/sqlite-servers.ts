import { serverStatements } from "../server-statements.js";
import { SqlServers } from "../sql-servers.js";
import type { SqlSession, StoreServers, Transaction } from "../store.js";
import type { SqliteHost } from "./sqlite-host.js";

/** Makes LiveDistServers in SQLite. All servers run on one machine, so that the store's clock is that of all. */
export function sqliteServers(host: SqliteHost, sessionOf: (transaction: Transaction) => SqlSession): StoreServers {
  return new SqlServers({
    sql: serverStatements(host.tables),
    read: (sql, parameters) => host.read((connection) => connection.all(sql, parameters)),
    write: (work) => host.write(work),
    sessionOf,
    now: () => Promise.resolve(Math.floor(host.clock.now())),
  });
}
