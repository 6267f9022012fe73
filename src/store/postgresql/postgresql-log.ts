import { checkDeltaBuffer } from "../check-delta-buffer.js";
import type { Random } from "../../base/random.js";
import { HeldEnds } from "../held-ends.js";
import type { Listeners } from "../listeners.js";
import { newEpochName } from "../new-epoch-name.js";
import type { EntityChange, LogBounds, LogRow, StoreLog, Transaction } from "../store.js";
import { appendBehindEnd, holdEnd } from "./held-end.js";
import type { LogNumbering } from "./log-numbering.js";
import type { LogWatch } from "./log-watch.js";
import { PostgresqlConnection, type PreparedStatement } from "./postgresql-connection.js";
import type { PostgresqlHost } from "./postgresql-host.js";
import { readChanges } from "./read-changes.js";
import { toLogState } from "./read-log-state.js";
import { readLogSize, readSequenceBefore } from "./read-log-times.js";
import { trimLog } from "./trim-log.js";

/**
 * LiveDistLog in PostgreSQL. What asks for the log numbers first what is to be numbered, where that is for this store to do
 * (LogNumbering), so that a committed row is seen at once and nobody outside of this folder knows of it.
 */
export class PostgresqlLog implements StoreLog {
  readonly #host: PostgresqlHost;
  readonly #numbering: LogNumbering;
  readonly #random: Random;
  readonly #listeners: Listeners;
  readonly #watch: LogWatch;
  readonly #append: PreparedStatement;
  readonly #read: PreparedStatement;
  readonly #heldEnds = new HeldEnds();

  constructor(
    host: PostgresqlHost,
    parts: { numbering: LogNumbering; random: Random; listeners: Listeners; watch: LogWatch },
  ) {
    this.#host = host;
    this.#numbering = parts.numbering;
    this.#random = parts.random;
    this.#listeners = parts.listeners;
    this.#watch = parts.watch;
    this.#append = { name: `append_to_${host.logChannel}`, text: appendSql(host) };
    this.#read = { name: `read_${host.logChannel}`, text: readSql(host) };
  }

  async append(transaction: unknown, deltaBuffer: Uint8Array): Promise<void> {
    checkDeltaBuffer(deltaBuffer);
    const found = this.#host.connectionOf(transaction);
    // Where it is at hand, nothing is waited for: beside a bare INSERT it would show.
    const connection = found instanceof PostgresqlConnection ? found : await found;
    const values = [Math.floor(this.#host.clock.now()), deltaBuffer];
    if (this.#heldEnds.appends(transaction as object)) await appendBehindEnd(connection, this.#host, values);
    else await connection.prepared(this.#append, values);
  }

  async read(afterSequence: number, limits: { rowsMax: number; bytesMax: number }): Promise<LogRow[]> {
    if (this.#numbering.isBehind) {
      // While the next of many rows get their numbers, those that have one are read: the database and who reads work at once.
      this.#numbering.number().catch(() => undefined);
      const rows = await this.#readNumbered(afterSequence, limits);
      if (rows.length > 0) return rows;
    }
    return this.#numbering.numberAndRead(afterSequence, limits);
  }

  async bounds(): Promise<LogBounds> {
    await this.#numbering.numberAll();
    const sql = this.#numbering.stateSql;
    return this.#host.read(async (connection) => toLogState(await connection.first(sql)).bounds);
  }

  notify(): void {
    this.#host.outside(() => this.#listeners.call());
  }

  onNotify(listener: () => void): () => void {
    const remove = this.#listeners.add(listener);
    this.#host.outside(() => this.#watch.start());
    return () => {
      remove();
      if (this.#listeners.isEmpty) this.#watch.stop();
    };
  }

  trim(throughSequence: number, changes: readonly EntityChange[]): Promise<void> {
    return this.#host.write((session) => trimLog(session.connection, this.#host.tables, throughSequence, changes));
  }

  changes(filter?: { deletedAfter: number }): AsyncIterable<EntityChange[]> {
    return readChanges(this.#host, filter?.deletedAfter);
  }

  async size(): Promise<{ rows: number; bytes: number; oldestMs: number | undefined }> {
    await this.#numbering.numberAll();
    const { tables, clock } = this.#host;
    return this.#host.read((connection) => readLogSize(connection, tables, clock.now()));
  }

  async sequenceBefore(timeMs: number): Promise<number> {
    await this.#numbering.numberAll();
    return this.#host.read((connection) => readSequenceBefore(connection, this.#host.tables, timeMs));
  }

  async holdEnd(transaction: Transaction): Promise<number> {
    const connection = await this.#host.connectionOf(transaction);
    return this.#heldEnds.hold(transaction, async () => {
      // Most of what waits for its number gets it while nobody has to wait for this transaction.
      await this.#numbering.numberAll();
      return holdEnd(connection, this.#host, this.#numbering.seen);
    });
  }

  newEpoch(): Promise<string> {
    const epoch = newEpochName(this.#random);
    return this.#host.write(async (session) => {
      await session.run(`UPDATE ${this.#host.tables.state} SET Value = ? WHERE Name = 'epoch'`, [epoch]);
      return epoch;
    });
  }

  async #readNumbered(after: number, { rowsMax, bytesMax }: { rowsMax: number; bytesMax: number }): Promise<LogRow[]> {
    const rows = await this.#host.read((connection) => connection.prepared(this.#read, [after, rowsMax, bytesMax]));
    return rows.map(({ sequence, bytes }) => ({ sequence: sequence as number, deltaBuffer: bytes as Uint8Array }));
  }
}

/**
 * Writes the statement that appends a row and, where somebody sleeps who wants to be told of it (LogWatch), tells with the
 * commit, once however many rows a transaction appends. Who sleeps holds the lock of the bell, shared with the others that
 * sleep; it can be had alone, for a moment, where nobody does. Two that try at the same moment may tell without need. The
 * transaction takes its id before it looks at the bell. All this stands in a value, to which it adds nothing: a row that
 * RETURNING gives would have to be sent and read.
 */
function appendSql({ tables, logChannel, bellLock }: PostgresqlHost): string {
  const nobodySleeps = `CASE WHEN pg_try_advisory_lock(${bellLock}) THEN pg_advisory_unlock(${bellLock}) ELSE false END`;
  // CASE keeps to the order in which its conditions stand.
  const tell = `CASE WHEN pg_current_xact_id() IS NULL THEN 0 WHEN ${nobodySleeps} THEN 0
    WHEN pg_notify('${logChannel}', '') IS NULL THEN 0 ELSE 0 END`;
  return `INSERT INTO ${tables.appended} (AppendedAt, DeltaBuffer) VALUES ($1::bigint + ${tell}, $2)`;
}

/**
 * Writes the statement that reads rows behind a sequence, so many and so many bytes at most. The running sum of the bytes says
 * which rows fit, so that none is read in vain; numbers have no gaps.
 */
function readSql({ tables: { log } }: PostgresqlHost): string {
  return `WITH first AS (
      SELECT Sequence, BytesThrough - octet_length(DeltaBuffer) AS BytesBefore
      FROM ${log} WHERE Sequence > $1 ORDER BY Sequence LIMIT 1
    )
    SELECT Sequence AS sequence, DeltaBuffer AS bytes FROM ${log}
    WHERE Sequence > $1 AND Sequence < (SELECT Sequence FROM first) + $2
      AND (Sequence = (SELECT Sequence FROM first) OR BytesThrough <= (SELECT BytesBefore FROM first) + $3)
    ORDER BY Sequence`;
}
