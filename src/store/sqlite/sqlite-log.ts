import type { Random } from "../../base/random.js";
import { checkDeltaBuffer } from "../check-delta-buffer.js";
import type { Listeners } from "../listeners.js";
import { newEpochName } from "../new-epoch-name.js";
import type { EntityChange, LogBounds, LogRow, SqlRow, StoreLog, Transaction } from "../store.js";
import { appendSql } from "./append-sql.js";
import { readChanges } from "./read-changes.js";
import { readLogBounds } from "./read-log-bounds.js";
import { readLogSize, readSequenceBefore } from "./read-log-times.js";
import type { SqliteHost } from "./sqlite-host.js";
import { settle } from "./sqlite-session.js";
import { trimLog } from "./trim-log.js";

/** One for all: beside an insert of SQLite a promise of its own would show. */
const appended = Promise.resolve();

/** LiveDistLog in SQLite: the identity is the sequence-number, since there is one writer at a time. */
export class SqliteLog implements StoreLog {
  readonly #host: SqliteHost;
  readonly #random: Random;
  readonly #listeners: Listeners;
  readonly #appendSql: string;

  constructor(host: SqliteHost, random: Random, listeners: Listeners) {
    this.#host = host;
    this.#random = random;
    this.#listeners = listeners;
    // Written once: a statement is found again by its text.
    this.#appendSql = appendSql(host.tables);
  }

  append(transaction: unknown, deltaBuffer: Uint8Array): Promise<void> {
    try {
      checkDeltaBuffer(deltaBuffer);
      const values = [Math.floor(this.#host.clock.now()), deltaBuffer.length, deltaBuffer];
      this.#host.connectionOf(transaction).run(this.#appendSql, values);
      return appended;
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
  }

  read(afterSequence: number, limits: { rowsMax: number; bytesMax: number }): Promise<LogRow[]> {
    const { log } = this.#host.tables;
    const sql = `SELECT Sequence, DeltaBuffer FROM ${log} WHERE Sequence > ? ORDER BY Sequence LIMIT ?`;
    return this.#host.read((connection) =>
      takeRows(connection.iterate(sql, [afterSequence, limits.rowsMax]), limits.bytesMax),
    );
  }

  bounds(): Promise<LogBounds> {
    return this.#host.read((connection) => readLogBounds(connection, this.#host.tables));
  }

  notify(): void {
    this.#host.outside(() => this.#listeners.call());
  }

  onNotify(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  trim(throughSequence: number, changes: readonly EntityChange[]): Promise<void> {
    return this.#host.write((session) => trimLog(session, this.#host.tables, throughSequence, changes));
  }

  changes(filter?: { deletedAfter: number }): AsyncIterable<EntityChange[]> {
    return readChanges(this.#host, filter?.deletedAfter);
  }

  size(): Promise<{ rows: number; bytes: number; oldestMs: number | undefined }> {
    return this.#host.read((connection) => readLogSize(connection, this.#host.tables, this.#host.clock.now()));
  }

  sequenceBefore(timeMs: number): Promise<number> {
    return this.#host.read((connection) => readSequenceBefore(connection, this.#host.tables, timeMs));
  }

  /** A transaction of this store is the only one that writes, and rows have their numbers from their append on. */
  holdEnd(transaction: Transaction): Promise<number> {
    return settle(() => readLogBounds(this.#host.connectionOf(transaction), this.#host.tables).lastSequence);
  }

  newEpoch(): Promise<string> {
    const epoch = newEpochName(this.#random);
    return this.#host.write(async (session) => {
      await session.run(`UPDATE ${this.#host.tables.state} SET Value = ? WHERE Name = 'epoch'`, [epoch]);
      return epoch;
    });
  }
}

function takeRows(rows: Iterable<SqlRow>, bytesMax: number): LogRow[] {
  const taken: LogRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const deltaBuffer = row.DeltaBuffer as Uint8Array;
    bytes += deltaBuffer.length;
    if (taken.length > 0 && bytes > bytesMax) break;
    taken.push({ sequence: row.Sequence as number, deltaBuffer });
  }
  return taken;
}
