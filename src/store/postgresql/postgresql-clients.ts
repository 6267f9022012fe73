import { clientStatements } from "../client-statements.js";
import type { Listeners } from "../listeners.js";
import { SqlClients } from "../sql-clients.js";
import type { StoreClients } from "../store.js";
import type { PostgresqlHost } from "./postgresql-host.js";

/** Makes LiveDistClients in PostgreSQL. A trigger tells of every change, whoever makes it. */
export function postgresqlClients(host: PostgresqlHost, listeners: Listeners): StoreClients {
  return new SqlClients({
    sql: clientStatements(host.tables.clients),
    read: (sql, parameters) => host.read((connection) => connection.all(sql, parameters)),
    write: (work) => host.write(work),
    listeners,
  });
}
