import type { LogBounds, SqlRow } from "../store.js";

/** Makes the log's bounds of the row that `LogStatements.bounds` gives. */
export function toLogBounds(row: SqlRow | undefined): LogBounds {
  const lastSequence = Number(row?.["LastSequence"] ?? 0);
  const firstSequence = Number(row?.["FirstSequence"] ?? lastSequence + 1);
  return { epoch: String(row?.["Epoch"]), firstSequence, lastSequence };
}
