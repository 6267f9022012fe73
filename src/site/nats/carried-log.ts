import type { Clock } from "../../base/clock.js";
import { CARRIED_BYTES_MAX, CARRIED_LOG_LOOK_MS, CARRIED_ROWS_MAX } from "../../base/limits.js";
import type { DeltaLog } from "../../delta-server/delta-log.js";
import type { LogBounds, LogRow, StoreLog } from "../../store/store.js";
import type { CarriedRow, IRowCarrier } from "./row-carrier.js";

export interface CarriedLogParts {
  readonly log: StoreLog;
  readonly carrier: IRowCarrier;
  /** The epoch that the server starts in. */
  readonly epoch: string;
  /** Whether this server leads: it reads the log itself, and sends what it reads to the others. */
  readonly leads: () => boolean;
  readonly clock: Clock;
}

/**
 * The log of a site whose rows also travel between its servers (protocol: several servers of a site). The database stays the truth:
 * rows that were carried are taken where their numbers follow directly; whatever is missing, doubtful or asked for exactly is
 * read there.
 */
export class CarriedLog implements DeltaLog {
  readonly #parts: CarriedLogParts;
  readonly #rows = new Map<number, Uint8Array>();
  readonly #listeners = new Set<() => void>();
  #bytes = 0;
  #epoch: string;
  #sentUpTo = 0;
  /** When the log was last read to its end; rows up to then are no news. */
  #lookedMs = -Infinity;

  constructor(parts: CarriedLogParts) {
    this.#parts = parts;
    this.#epoch = parts.epoch;
    parts.carrier.onRow((row) => this.#receive(row));
  }

  async bounds(): Promise<LogBounds> {
    const bounds = await this.#parts.log.bounds();
    if (bounds.epoch !== this.#epoch) this.#doubt();
    this.#epoch = bounds.epoch;
    return bounds;
  }

  onNotify(listener: () => void): () => void {
    this.#listeners.add(listener);
    const stop = this.#parts.log.onNotify(listener);
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }

  async read(after: number, limits: Parameters<StoreLog["read"]>[1], isExact = false): Promise<LogRow[]> {
    const { log, clock } = this.#parts;
    const leads = this.#parts.leads();
    if (!leads) {
      const carried = this.#take(after, limits);
      if (carried.length > 0) return carried;
      const isFresh = clock.now() - this.#lookedMs < CARRIED_LOG_LOOK_MS;
      if (isFresh && !isExact) return [];
    }
    const rows = await log.read(after, limits);
    this.#lookedMs = rows.length === 0 ? clock.now() : -Infinity;
    if (leads) this.#send(rows);
    return rows;
  }

  #send(rows: readonly LogRow[]): void {
    for (const row of rows) {
      // After a new epoch they may begin anew; what was sent twice is received once.
      if (row.sequence === this.#sentUpTo) continue;
      this.#sentUpTo = row.sequence;
      this.#parts.carrier.send({ epoch: this.#epoch, ...row });
    }
  }

  #take(after: number, { rowsMax, bytesMax }: Parameters<StoreLog["read"]>[1]): LogRow[] {
    const rows: LogRow[] = [];
    let bytes = 0;
    for (let sequence = after + 1; rows.length < rowsMax && bytes < bytesMax; sequence++) {
      const deltaBuffer = this.#rows.get(sequence);
      if (deltaBuffer === undefined) break;
      this.#drop(sequence);
      bytes += deltaBuffer.length;
      rows.push({ sequence, deltaBuffer });
    }
    if (rows.length === 0 && this.#rows.size > 0) this.#leaveGap(after);
    return rows;
  }

  /** Of what was carried, keeps what is still to come; whatever lies before it has to be read in the log. */
  #leaveGap(after: number): void {
    for (const sequence of this.#rows.keys()) if (sequence <= after) this.#drop(sequence);
    if (this.#rows.size > 0) this.#lookedMs = -Infinity;
  }

  #receive(row: CarriedRow | undefined): void {
    if (this.#parts.leads()) {
      this.#doubt();
      return;
    }
    // Of another epoch than the one that is known here: the database tells which is in force.
    if (row?.deltaBuffer === undefined || row.epoch !== this.#epoch) this.#doubt();
    else {
      if (this.#rows.size >= CARRIED_ROWS_MAX || this.#bytes > CARRIED_BYTES_MAX) this.#doubt();
      this.#drop(row.sequence);
      this.#rows.set(row.sequence, row.deltaBuffer);
      this.#bytes += row.deltaBuffer.length;
    }
    for (const listener of this.#listeners) listener();
  }

  #drop(sequence: number): void {
    this.#bytes -= this.#rows.get(sequence)?.length ?? 0;
    this.#rows.delete(sequence);
  }

  /** Relies on nothing that was carried: the next read is one of the log. */
  #doubt(): void {
    this.#rows.clear();
    this.#bytes = 0;
    this.#lookedMs = -Infinity;
  }
}
