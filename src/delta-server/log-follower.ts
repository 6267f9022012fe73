import type { Clock } from "../base/clock.js";
import { LiveDistError, NotRegisteredError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Cache, CacheChange } from "../cache-server/cache.js";
import { traceOf } from "../delta/delta-buffer.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { Reporter } from "../plugs/reporter.js";
import { isCommandRecord } from "./command-record.js";
import type { CommandRunner } from "./commands.js";
import type { DeltaLog, DeltaLogRow } from "./delta-log.js";
import type { LogWindow } from "./log-window.js";
import { readLogRow, type ReadRow } from "./read-log-row.js";
import type { RegisteredClients } from "./registered-clients.js";
import type { SubscriptionGroups } from "./subscription-groups.js";
import type { Wakes } from "./wakes.js";
import { windowDelta, type WindowDelta, windowRow, type WindowRow } from "./window-row.js";

/** What one read of the log asks for. */
const READ_LIMITS = { rowsMax: 1_000, bytesMax: 4 * 1024 * 1024 };
/** After a read that was not followed by an empty one: a row too large for it may stand behind what it gave. */
const LOOK_AGAIN_MS = 20;
/** What a row takes in memory beside its bytes, about: a log of nothing but commands must not grow there for ever. */
const ROW_BYTES = 256;

export interface LogFollowerParts {
  readonly log: DeltaLog;
  readonly cache: Cache;
  readonly window: LogWindow;
  readonly groups: SubscriptionGroups;
  readonly registered: RegisteredClients;
  readonly commands: CommandRunner;
  readonly wakes: Wakes;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reporter?: Reporter | undefined;
  readonly pollMs: number;
  /** Called where the log was trimmed beyond what was read: this server cannot go on. Absent where the log may have holes. */
  readonly onGap?: (() => void) | undefined;
}

/**
 * Follows the log: each row, in sequence order, is applied to the cache and decided on for everyone, once (protocol: one pass
 * per delta). Woken by `wake`, and by itself every `pollMs`.
 */
export class LogFollower {
  readonly #parts: LogFollowerParts;
  #isReading = false;
  #isWoken = false;
  #isStopped = false;
  #cancelPoll: () => void = () => undefined;
  readonly #caughtUp = new Set<(isCurrent: boolean) => void>();

  constructor(parts: LogFollowerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelPoll();
    for (const callback of this.#caughtUp) callback(false);
    this.#caughtUp.clear();
  }

  /** Reads the log soon: rows were committed. What else is committed in this turn of the event loop is read with them. */
  wake(): void {
    this.#isWoken = true;
    if (this.#isReading || this.#isStopped) return;
    this.#isReading = true;
    this.#cancelPoll();
    this.#parts.clock.soon(() => void this.#readAll());
  }

  /** Waits until all rows that are committed now have entered; gives whether they have: the log may be out of reach. */
  catchUp(): Promise<boolean> {
    if (this.#isStopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#caughtUp.add(resolve);
      this.wake();
    });
  }

  async #readAll(): Promise<void> {
    const { clock, pollMs } = this.#parts;
    let sawEnd = false;
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      const waiting = [...this.#caughtUp];
      this.#caughtUp.clear();
      let isCurrent = false;
      try {
        sawEnd = await this.#readNew(waiting.length > 0);
        isCurrent = !this.#isStopped;
        this.#parts.reporter?.exit("LogUnreadable");
      } catch (error) {
        // What ails it takes longer than a moment.
        sawEnd = true;
        this.#report(error);
      }
      for (const callback of waiting) callback(isCurrent);
    }
    this.#isReading = false;
    const nextMs = sawEnd ? pollMs : Math.min(pollMs, LOOK_AGAIN_MS);
    if (!this.#isStopped) this.#cancelPoll = clock.after(nextMs, () => this.wake());
  }

  #report(error: unknown): void {
    if (this.#isStopped) return;
    this.#parts.logger.error({ err: error }, "the log could not be read; it will be tried again");
    this.#parts.reporter?.enter("LogUnreadable", { error });
  }

  /** Reads what is new; gives whether it saw that there is no more, which it makes sure of where `isExact` says so. */
  async #readNew(isExact: boolean): Promise<boolean> {
    const { log, window, wakes, clock } = this.#parts;
    for (;;) {
      const rows = await log.read(window.lastSequence, READ_LIMITS, isExact);
      const [first] = rows;
      if (this.#parts.onGap && first !== undefined && first.sequence > window.lastSequence + 1 && !this.#isStopped) {
        this.#parts.onGap();
        return true;
      }
      await wakes.collect(() => this.#enterAll(rows));
      if (rows.length === 0 || this.#isStopped) return true;
      if (!isExact && isFarFromLimits(rows)) return false;
      // Whoever waits for the rows just read comes before the next read.
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
  }

  async #enterAll(rows: readonly DeltaLogRow[]): Promise<void> {
    const nowMs = this.#parts.clock.now();
    for (const row of rows) {
      if (this.#isStopped) return;
      const read = this.#read(row);
      // A promise for every row would cost more than most rows do.
      this.#enter(row, read instanceof Promise ? await read : read, nowMs);
    }
  }

  #read(row: DeltaLogRow): ReturnType<typeof readLogRow> {
    const { schemas, logger } = this.#parts;
    const { sequence } = row;
    return readLogRow(row, schemas, (error) =>
      logger.error({ err: error, sequence }, "something in a row of the log is damaged; it is passed over"),
    );
  }

  #enter(row: DeltaLogRow, read: ReadRow | undefined, nowMs: number): void {
    const { window, commands } = this.#parts;
    const { sequence, deltaBuffer, isPassed } = row;
    if (isPassed) {
      window.push(emptyRow(sequence, nowMs));
      return;
    }
    if (isCommandRecord(deltaBuffer)) {
      window.push(emptyRow(sequence, nowMs));
      commands.execute(deltaBuffer, sequence);
      return;
    }
    // From here on nothing waits: cache, window and groups change as one, and no load sees one without the others.
    const entered = read === undefined ? emptyRow(sequence, nowMs) : this.#apply(row, read, nowMs);
    window.push(entered);
    this.#route(entered);
    window.hold(sequence, entered.frameBytes);
  }

  /** Decides on a row for everyone. A fault of one half costs its clients a load, and the other half and the rows behind it nothing. */
  #route(row: WindowRow): void {
    const { logger, groups, registered } = this.#parts;
    const { sequence } = row;
    try {
      groups.route(row);
    } catch (error) {
      logger.error(
        { err: error, sequence },
        "a row could not be decided on for clients without registration: they load again",
      );
      groups.endAll(sequence);
    }
    try {
      registered.route(row);
    } catch (error) {
      // Who of them missed what of the row is not known: they name what they hold.
      logger.error(
        { err: error, sequence },
        "a row could not be decided on for registered clients: they register again",
      );
      registered.endAll(new NotRegisteredError(`the row ${sequence} of the log could not be decided on`));
    }
  }

  #apply({ sequence, deltaBuffer, more = [] }: DeltaLogRow, deltas: ReadRow, nowMs: number): WindowRow {
    const entered: WindowDelta[] = [];
    let bytes = ROW_BYTES + deltaBuffer.length;
    for (const { length } of more) bytes += length;
    for (const delta of deltas) {
      const change = this.#applyOne(delta, sequence);
      if (change === undefined) continue;
      entered.push(windowDelta(delta, change, sequence));
      bytes += change.record?.length ?? 0;
    }
    return windowRow(sequence, entered, bytes, nowMs, traceOf(deltaBuffer));
  }

  /** Gives undefined where the cache refuses a delta: then nobody is given it, so that all copies stay as the cache is. */
  #applyOne(delta: SchemaDelta, sequence: number): CacheChange | undefined {
    const { cache, logger } = this.#parts;
    const { oper } = delta.encoded;
    try {
      const change = cache.apply(delta, sequence);
      if (change.record === undefined && (oper === "PARTIAL" || oper === "UPDATE")) {
        logger.warn({ sequence, oper }, "an update of an entity that the cache does not hold");
      }
      return change;
    } catch (error) {
      if (!(error instanceof LiveDistError)) throw error;
      logger.error({ err: error, sequence }, "the cache refuses a delta-object of the log; it is passed over");
      return undefined;
    }
  }
}

/** Tells whether a read gave so little that hardly any row can be left. */
function isFarFromLimits(rows: readonly DeltaLogRow[]): boolean {
  if (rows.length > READ_LIMITS.rowsMax / 10) return false;
  return rows.reduce((sum, { deltaBuffer }) => sum + deltaBuffer.length, 0) < READ_LIMITS.bytesMax / 2;
}

function emptyRow(sequence: number, nowMs: number): WindowRow {
  return windowRow(sequence, [], ROW_BYTES, nowMs);
}
