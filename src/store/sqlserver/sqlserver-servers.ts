import { serverStatements } from "../server-statements.js";
import { SqlServers } from "../sql-servers.js";
import type { SqlSession, StoreServers, Transaction } from "../store.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import { databaseStatements } from "./table-statements.js";

/** From where the database's clock is told: 2020-01-01 in milliseconds since 1970. */
const NOW_FROM_MS = 1_577_836_800_000;

/** Makes LiveDistServers in SQL Server. */
export function sqlServerServers(
  host: SqlServerHost,
  sessionOf: (transaction: Transaction) => SqlSession,
): StoreServers {
  return new SqlServers({
    sql: serverStatements(host.tables),
    read: async (sql, parameters) => (await host.read((runner) => runner.query(sql, parameters))).rows,
    write: (work) => host.write(work),
    sessionOf,
    now: async (session) => NOW_FROM_MS + Number((await session.all(databaseStatements.nowMs))[0]!.now),
  });
}
