import { clientStatements } from "../client-statements.js";
import type { Listeners } from "../listeners.js";
import { SqlClients } from "../sql-clients.js";
import type { StoreClients } from "../store.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import { clientKey } from "./table-statements.js";

/** Makes LiveDistClients in SQL Server. */
export function sqlServerClients(host: SqlServerHost, listeners: Listeners): StoreClients {
  return new SqlClients({
    sql: clientStatements(host.tables.clients, clientKey),
    read: async (sql, parameters) => (await host.read((runner) => runner.query(sql, parameters))).rows,
    write: (work) => host.write(work),
    listeners,
    changed: () => host.outside(() => listeners.call()),
  });
}
