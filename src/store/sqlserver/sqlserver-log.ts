import type { Random } from "../../base/random.js";
import { checkDeltaBuffer } from "../check-delta-buffer.js";
import { HeldEnds } from "../held-ends.js";
import type { Listeners } from "../listeners.js";
import { newEpochName } from "../new-epoch-name.js";
import type { EntityChange, LogBounds, LogRow, StoreLog, Transaction } from "../store.js";
import { holdEnd } from "./held-end.js";
import { LogNumbering } from "./log-numbering.js";
import { logStatements, type LogStatements } from "./log-statements.js";
import { readChanges } from "./read-changes.js";
import { toLogBounds } from "./to-log-bounds.js";
import type { Runner } from "./requests.js";
import type { SqlServerHost } from "./sqlserver-host.js";
import { trimLog } from "./trim-log.js";

/** LiveDistLog in SQL Server: who reads it first numbers what was committed since, if this store may. */
export class SqlServerLog implements StoreLog {
  readonly numbering: LogNumbering;
  readonly #host: SqlServerHost;
  readonly #random: Random;
  readonly #listeners: Listeners;
  readonly #sql: LogStatements;
  readonly #heldEnds = new HeldEnds();

  constructor(host: SqlServerHost, random: Random, listeners: Listeners) {
    this.#host = host;
    this.#random = random;
    this.#listeners = listeners;
    this.#sql = logStatements(host.tables);
    this.numbering = new LogNumbering(host, this.#sql);
  }

  async append(transaction: unknown, deltaBuffer: Uint8Array): Promise<void> {
    checkDeltaBuffer(deltaBuffer);
    const runner = await this.#host.runnerOf(transaction);
    const nowMs = Math.floor(this.#host.clock.now());
    // Nobody can get in front of a row that is appended behind the held end: it has its number at once.
    if (this.#heldEnds.appends(transaction as object)) {
      await runner.query(this.#sql.appendNumbered, [nowMs, nowMs, deltaBuffer.length, deltaBuffer]);
    } else await runner.query(this.#sql.append, [nowMs, deltaBuffer]);
  }

  async read(afterSequence: number, { rowsMax, bytesMax }: { rowsMax: number; bytesMax: number }): Promise<LogRow[]> {
    const parameters = [rowsMax, afterSequence, rowsMax, bytesMax];
    const { rows } = await this.#readNumbered((runner) => runner.query(this.#sql.read, parameters));
    return rows.map((row) => ({
      sequence: Number(row["Sequence"]),
      deltaBuffer: row["DeltaBuffer"] as Uint8Array,
    }));
  }

  async bounds(): Promise<LogBounds> {
    const { rows } = await this.#readNumbered((runner) => runner.query(this.#sql.bounds));
    return toLogBounds(rows[0]);
  }

  notify(): void {
    this.#host.outside(() => this.#listeners.call());
  }

  onNotify(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  trim(throughSequence: number, changes: readonly EntityChange[]): Promise<void> {
    return this.#host.write((session) => trimLog(session, this.#host.tables, this.#sql, throughSequence, changes));
  }

  changes(filter?: { deletedAfter: number }): AsyncIterable<EntityChange[]> {
    return readChanges(this.#host, filter?.deletedAfter);
  }

  async size(): Promise<{ rows: number; bytes: number; oldestMs: number | undefined }> {
    const [row] = (await this.#readNumbered((runner) => runner.query(this.#sql.size))).rows;
    if (row === undefined) return { rows: 0, bytes: 0, oldestMs: undefined };
    const oldestMs = Math.max(0, this.#host.clock.now() - Number(row["OldestAt"]));
    return { rows: Number(row["LogRows"]), bytes: Number(row["Bytes"]), oldestMs };
  }

  async sequenceBefore(timeMs: number): Promise<number> {
    const [row] = (await this.#readNumbered((runner) => runner.query(this.#sql.sequenceBefore, [timeMs]))).rows;
    return Number(row?.["Found"] ?? 0);
  }

  async holdEnd(transaction: Transaction): Promise<number> {
    const runner = await this.#host.runnerOf(transaction);
    return this.#heldEnds.hold(transaction, async () => {
      // Most of what waits for its number gets it while nobody has to wait for this transaction.
      await this.numbering.number();
      return holdEnd(runner, this.#host, this.#sql);
    });
  }

  newEpoch(): Promise<string> {
    const epoch = newEpochName(this.#random);
    return this.#host.write(async (session) => {
      await session.run(this.#sql.newEpoch, [epoch]);
      return epoch;
    });
  }

  async #readNumbered<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    await this.numbering.number();
    return this.#host.read(work);
  }
}
