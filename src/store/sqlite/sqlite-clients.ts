import { clientStatements } from "../client-statements.js";
import type { Listeners } from "../listeners.js";
import { SqlClients } from "../sql-clients.js";
import type { StoreClients } from "../store.js";
import type { SqliteHost } from "./sqlite-host.js";

/** Makes LiveDistClients in SQLite. */
export function sqliteClients(host: SqliteHost, listeners: Listeners): StoreClients {
  return new SqlClients({
    sql: clientStatements(host.tables.clients),
    read: (sql, parameters) => host.read((connection) => connection.all(sql, parameters)),
    write: (work) => host.write(work),
    listeners,
    changed: () => host.outside(() => listeners.call()),
  });
}
