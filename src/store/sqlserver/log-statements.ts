import { STREAM_BATCH_ROWS_MAX } from "../../base/limits.js";
import type { SqlServerTables } from "./sqlserver-tables.js";

/**
 * The statements over LiveDistLog and LiveDistLease. Their parameters stand in the order of their markers.
 *
 * Those over the log say that they seek. Statistics lag behind rows that have no number but for a moment, and plans made by
 * them may scan the log from its first row. Those that lock do so row by row: a scan, or the lock of a page, would wait for
 * rows that are being appended.
 */
export function logStatements(tables: SqlServerTables) {
  const { log, lease, state } = tables;
  const sought = `${log} WITH (FORCESEEK)`;
  const bounds = `s.Value AS Epoch, n.LastSequence, (SELECT MIN(Sequence) FROM ${sought} WHERE Sequence > 0) AS FirstSequence`;
  const ofBounds = `FROM ${state} AS s CROSS JOIN ${lease} AS n WHERE s.Name = 'epoch' AND n.Name = 'log'`;
  return {
    /** Parameters: the time in milliseconds, the delta-buffer. */
    append: `INSERT INTO ${log} (AppendedAt, DeltaBuffer) VALUES (?, ?)`,

    /** Finds whether there is anything to number. */
    findUnnumbered: `SELECT TOP (1) LogId FROM ${sought} WHERE Sequence IS NULL`,

    /**
     * Takes the lease, or holds it on, and locks its row. Changes no row where another holds it. Parameters: the token
     * held, for how many milliseconds, the token held.
     */
    takeLease:
      `UPDATE ${lease} SET Token = CASE WHEN Token = ? THEN Token ELSE Token + 1 END, ` +
      "ExpiresAt = DATEADD(MILLISECOND, ?, SYSUTCDATETIME()) " +
      "WHERE Name = 'log' AND (Token = ? OR ExpiresAt <= SYSUTCDATETIME())",

    /** Lets others have the lease. Parameter: the token held. */
    releaseLease: `UPDATE ${lease} SET ExpiresAt = SYSUTCDATETIME() WHERE Name = 'log' AND Token = ?`,

    /** Locks the row of the lease, whoever holds it. */
    lockLease: `UPDATE ${lease} SET Name = Name WHERE Name = 'log'`,

    /** Numbers the rows that have no number, or the first of them. See `numberRows`. */
    numberNext: numberRows(
      tables,
      `SELECT TOP (${STREAM_BATCH_ROWS_MAX}) LogId, AppendedAt, DeltaBuffer FROM ${sought} WHERE Sequence IS NULL ORDER BY LogId`,
    ),

    /** Gives LastSequence, the last number that was given. */
    lastSequence: `SELECT LastSequence FROM ${lease} WHERE Name = 'log'`,

    /**
     * Appends a row that has the next number at once, and remembers how far the numbers go. The row of the lease has to be
     * locked. Parameters: the time in milliseconds, twice, the bytes of the delta-buffer, the delta-buffer.
     */
    appendNumbered: [
      `INSERT INTO ${log} (Sequence, AppendedAt, BytesThrough, DeltaBuffer)`,
      "SELECT n.LastSequence + 1, CASE WHEN n.AppendedAt > ? THEN n.AppendedAt ELSE ? END, n.BytesThrough + ?, ?",
      `FROM ${lease} AS n WHERE n.Name = 'log';`,
      "UPDATE n SET LastSequence = g.Sequence, AppendedAt = g.AppendedAt, BytesThrough = g.BytesThrough",
      `FROM ${lease} AS n INNER JOIN ${log} AS g WITH (FORCESEEK) ON g.Sequence = n.LastSequence + 1 WHERE n.Name = 'log'`,
    ].join("\n"),

    /** Finds the rows that a snapshot sees and that have no number. */
    unnumbered: `SELECT TOP (${STREAM_BATCH_ROWS_MAX + 1}) LogId FROM ${sought} WHERE Sequence IS NULL ORDER BY LogId`,

    /**
     * Parameters: the sequence that the first row is after, the number of rows, that number again less one, the bytes that
     * the rows have together unless the first alone has more.
     */
    read:
      `SELECT TOP (?) g.Sequence, g.DeltaBuffer FROM (SELECT TOP (1) Sequence, BytesThrough - DATALENGTH(DeltaBuffer)` +
      ` AS BytesBefore FROM ${sought} WHERE Sequence > ? ORDER BY Sequence) AS f INNER JOIN ${log} AS g WITH (FORCESEEK)` +
      " ON g.Sequence >= f.Sequence AND g.Sequence < f.Sequence + ?" +
      " WHERE g.Sequence = f.Sequence OR g.BytesThrough <= f.BytesBefore + ? ORDER BY g.Sequence",

    bounds: `SELECT ${bounds} ${ofBounds}`,

    /** Tells besides whether there are rows without a number. */
    snapshotBounds: `SELECT ${bounds}, (SELECT MIN(LogId) FROM ${sought} WHERE Sequence IS NULL) AS Unnumbered ${ofBounds}`,

    /** Gives no row for an empty log. */
    size:
      "SELECT TOP (1) n.LastSequence - g.Sequence + 1 AS LogRows," +
      " n.BytesThrough - g.BytesThrough + DATALENGTH(g.DeltaBuffer) AS Bytes, g.AppendedAt AS OldestAt" +
      ` FROM ${log} AS g WITH (FORCESEEK) CROSS JOIN ${lease} AS n WHERE g.Sequence > 0 AND n.Name = 'log' ORDER BY g.Sequence`,

    /** Gives Found, null where no row is that old. No row is stamped earlier than the one before it. Parameter: the time. */
    sequenceBefore:
      `SELECT MAX(Sequence) AS Found FROM ${sought} WHERE Sequence > 0 AND Sequence < COALESCE((SELECT MIN(Sequence)` +
      ` FROM ${sought} WHERE Sequence > 0 AND AppendedAt >= ?), 9223372036854775807)`,

    firstSequence: `SELECT MIN(Sequence) AS FirstSequence FROM ${sought} WHERE Sequence > 0`,

    /** Parameter: the last sequence to go. */
    remove: `DELETE g FROM ${log} AS g WITH (FORCESEEK, ROWLOCK) WHERE g.Sequence > 0 AND g.Sequence <= ?`,

    /** Parameter: the name of the epoch. */
    newEpoch: `UPDATE ${state} SET Value = ? WHERE Name = 'epoch'`,
  } as const;
}

/** Numbers some rows of the log, of which it is known that they are committed. Parameters: their LogIds. */
export function numberThese(tables: SqlServerTables, count: number): string {
  const markers = new Array<string>(count).fill("?").join(", ");
  const source = `SELECT LogId, AppendedAt, DeltaBuffer FROM ${tables.log} WITH (FORCESEEK) WHERE LogId IN (${markers})`;
  return numberRows(tables, source);
}

/**
 * Writes the batch that gives the next numbers to some rows, in the order of LogId, and remembers how far they go. Gives
 * Numbered, the number of rows, and Token. The row of the lease has to be locked.
 */
function numberRows({ log, lease }: SqlServerTables, source: string): string {
  return [
    "DECLARE @given TABLE (LogId BIGINT NOT NULL PRIMARY KEY, Sequence BIGINT NOT NULL," +
      " AppendedAt BIGINT NOT NULL, BytesThrough BIGINT NOT NULL);",
    "INSERT INTO @given (LogId, Sequence, AppendedAt, BytesThrough)",
    "SELECT g.LogId, n.LastSequence + ROW_NUMBER() OVER (ORDER BY g.LogId),",
    "  MAX(CASE WHEN g.AppendedAt > n.AppendedAt THEN g.AppendedAt ELSE n.AppendedAt END)",
    "    OVER (ORDER BY g.LogId ROWS UNBOUNDED PRECEDING),",
    "  n.BytesThrough + SUM(CAST(DATALENGTH(g.DeltaBuffer) AS BIGINT)) OVER (ORDER BY g.LogId ROWS UNBOUNDED PRECEDING)",
    `FROM (${source}) AS g CROSS JOIN ${lease} AS n WHERE n.Name = 'log';`,
    "UPDATE g SET Sequence = r.Sequence, AppendedAt = r.AppendedAt, BytesThrough = r.BytesThrough",
    `FROM @given AS r INNER JOIN ${log} AS g WITH (FORCESEEK, ROWLOCK) ON g.LogId = r.LogId OPTION (LOOP JOIN, FORCE ORDER);`,
    "UPDATE n SET LastSequence = r.Sequence, AppendedAt = r.AppendedAt, BytesThrough = r.BytesThrough",
    `FROM ${lease} AS n CROSS JOIN (SELECT TOP (1) Sequence, AppendedAt, BytesThrough FROM @given`,
    "  ORDER BY Sequence DESC) AS r WHERE n.Name = 'log';",
    `SELECT (SELECT COUNT(*) FROM @given) AS Numbered, Token FROM ${lease} WHERE Name = 'log'`,
  ].join("\n");
}

export type LogStatements = ReturnType<typeof logStatements>;
