import type { LogBounds, SqlRow } from "../store.js";
import type { PostgresqlTables } from "./postgresql-tables.js";

/** What the log holds, as of one statement. */
export interface LogState {
  readonly bounds: LogBounds;
  /** Whether there are committed rows that have no sequence-number yet. */
  readonly hasUnnumbered: boolean;
}

/**
 * Writes the statement that reads the state of the log, without parameters. The newest sequence stays when rows are removed.
 * `seen` is a moment whose rows have all their numbers, as PostgreSQL writes it.
 */
export function logStateSql(tables: PostgresqlTables, seen: string): string {
  return `SELECT (SELECT Value FROM ${tables.state} WHERE Name = 'epoch') AS epoch,
    (SELECT min(Sequence) FROM ${tables.log}) AS first,
    coalesce((SELECT max(Sequence) FROM ${tables.log}), (SELECT LastSequence FROM ${tables.lease})) AS last,
    EXISTS (SELECT FROM ${tables.unnumbered}('${seen}')) AS unnumbered`;
}

export function toLogState(row: SqlRow | undefined): LogState {
  const lastSequence = Number(row?.last ?? 0);
  const firstSequence = Number(row?.first ?? lastSequence + 1);
  return { bounds: { epoch: String(row?.epoch), firstSequence, lastSequence }, hasUnnumbered: row?.unnumbered === 1 };
}
