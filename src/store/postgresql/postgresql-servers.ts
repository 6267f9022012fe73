import { serverStatements } from "../server-statements.js";
import { SqlServers } from "../sql-servers.js";
import type { SqlSession, StoreServers, Transaction } from "../store.js";
import { limitIdle } from "./limit-idle.js";
import type { PostgresqlHost } from "./postgresql-host.js";

/** The database's own clock, also within a transaction that has waited. */
const NOW = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";

/** Makes LiveDistServers in PostgreSQL. */
export function postgresqlServers(
  host: PostgresqlHost,
  sessionOf: (transaction: Transaction) => SqlSession,
): StoreServers {
  return new SqlServers({
    sql: { ...serverStatements(host.tables), lock: lockStatement(host.tables.master) },
    read: (sql, parameters) => host.read((connection) => connection.all(sql, parameters)),
    write: (work) => host.write(work),
    sessionOf,
    now: async (session) => Number((await session.all(NOW))[0]!.now),
  });
}

/**
 * Writes what locks the row of the master. Whoever holds it is to stand still for no longer than others wait for a lock: of a machine that
 * is halted in its transaction, or that is cut off, the database would hear nothing for hours, and nobody could lead meanwhile.
 */
function lockStatement(master: string): string {
  return `WITH limited AS (SELECT ${limitIdle}) UPDATE ${master} SET Token = Token FROM limited WHERE Name = 'master'`;
}
