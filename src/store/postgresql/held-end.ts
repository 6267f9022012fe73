import type { SqlValue } from "../store.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import type { PostgresqlHost } from "./postgresql-host.js";

/**
 * Locks the row of the lease until the transaction ends, so that nobody else numbers, and numbers the rows that were committed
 * before; gives the last number. It takes no lease: whoever has the lock may number. `seen` is a moment whose rows have all
 * their numbers.
 */
export async function holdEnd(connection: PostgresqlConnection, host: PostgresqlHost, seen: string): Promise<number> {
  const { lease, unnumbered, numberRows } = host.tables;
  await connection.run(`SELECT FROM ${lease} FOR UPDATE`);
  // A statement of its own: it sees what was committed while the lock was waited for.
  const rest = await connection.first(`SELECT array_agg(id)::text AS ids FROM ${unnumbered}('${seen}')`);
  const row = await connection.first(`SELECT ${numberRows}(?::tid[]) AS last`, [rest!.ids ?? "{}"]);
  return Number(row!.last);
}

/** Appends a row in a transaction that holds the end of the log: nobody can get in front of it, so it has its number at once. */
export async function appendBehindEnd(
  connection: PostgresqlConnection,
  host: PostgresqlHost,
  values: readonly SqlValue[],
): Promise<void> {
  const { appended, numberRows } = host.tables;
  const sql = `INSERT INTO ${appended} (AppendedAt, DeltaBuffer) VALUES (?, ?) RETURNING ctid::text AS id`;
  const row = await connection.first(sql, values);
  await connection.run(`SELECT ${numberRows}(ARRAY[?::tid])`, [row!.id!]);
}
