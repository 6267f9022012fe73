import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { SqlServerTables } from "./sqlserver-tables.js";

/** Rows that one statement keeps: with four parameters each they stay below SQLSERVER_PARAMETERS_MAX. */
export const CHANGES_IN_STATEMENT = 500;

/**
 * Writes the statements that keep a number of changes: first those that are later than what is kept of the same entity, then
 * those of entities of which nothing is kept. Parameters of each: tech-id, class, sequence and 1 for a deletion, per row.
 */
export function changeStatements({ changes }: SqlServerTables, rows: number): { update: string; insert: string } {
  const values = new Array<string>(rows).fill("(?, ?, ?, ?)").join(", ");
  const kept = `(VALUES ${values}) AS k (TechId, ClassName, Sequence, IsDeleted)`;
  return {
    update:
      `UPDATE c SET ClassName = k.ClassName, Sequence = k.Sequence, IsDeleted = k.IsDeleted FROM ${changes} AS c` +
      ` INNER JOIN ${kept} ON k.TechId = c.TechId WHERE k.Sequence > c.Sequence`,
    insert:
      `INSERT INTO ${changes} (TechId, ClassName, Sequence, IsDeleted) SELECT k.TechId, k.ClassName, k.Sequence,` +
      ` k.IsDeleted FROM ${kept} WHERE NOT EXISTS (SELECT 1 FROM ${changes} AS c WHERE c.TechId = k.TechId)`,
  };
}

/** Writes the statements that read what is kept, a page at a time. */
export function changePages({ changes }: SqlServerTables) {
  const select = `SELECT TOP (${STREAM_BATCH_ROWS_MAX}) TechId, ClassName, Sequence, IsDeleted FROM ${changes}`;
  return {
    /** T-SQL compares bytes as if the shorter ones ended in zeros: nothing stands before a tech-id of zeros alone. */
    first: `${select} ORDER BY TechId`,
    /** Parameter: the tech-id that the page is after. */
    next: `${select} WHERE TechId > ? ORDER BY TechId`,
    /** Parameters: the sequence that the page is after, that sequence again, and the tech-id within it. */
    ofDeleted: `${select} WHERE IsDeleted = 1 AND Sequence >= ? AND (Sequence > ? OR TechId > ?) ORDER BY Sequence, TechId`,
  } as const;
}
