import { sleep, type Clock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import type { LogNumbering } from "./log-numbering.js";

/** Milliseconds between two looks at the log while commits come fast. */
const LOOK_MS = 2;
/** Milliseconds between two looks at most, while nothing but transactions that began before are waited for. */
const LOOK_MS_MAX = 64;
/** So many looks in vain, one after the other, and commits come slowly again. */
const LOOKS_IN_VAIN = 10;
/** A look that finds no more rows is in vain, too: to be told of them would have been quicker. */
const ROWS_IN_VAIN = 1;
/** Commits come fast where so many are told of within BUSY_MS: more than looking costs, with every LOOK_MS. */
const BUSY_COMMITS = 16;
const BUSY_MS = 32;

/** How those who append are asked to tell (NOTIFY) of it, on the connection that listens. */
export interface Bell {
  /**
   * Asks for it; gives the id of a transaction behind which all tell. Rejects, or gives undefined, where nobody listens now.
   */
  hang(): Promise<string | undefined>;
  /** Asks for it no more, whether it was asked for or not. */
  take(): Promise<unknown>;
}

export interface LogWatchParts {
  readonly numbering: Pick<LogNumbering, "number" | "numbered" | "seen">;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called where rows were found that nobody told of. */
  readonly found: () => void;
}

/**
 * Finds out when the log has new rows. While commits come slowly it sleeps and is told of each; while they come fast it looks
 * for itself, so that nobody has to tell: PostgreSQL commits transactions that NOTIFY one after the other.
 *
 * No commit is missed when it falls asleep: who did not tell had looked at the bell, and has had its transaction-id, before the
 * bell hung. So it goes on looking until all transactions that ran when the bell hung are over and their rows numbered.
 */
export class LogWatch {
  readonly #parts: LogWatchParts;
  #stopped = new AbortController();
  /** Aborts when there is a reason to get up: commits come fast, the connection that listens was lost or is back, or the end. */
  #alarm = new AbortController();
  #life: Promise<void> = Promise.resolve();
  #numbered = 0;
  #hasHeard = false;
  #heardCount = 0;
  #heardSinceMs = 0;

  constructor(parts: LogWatchParts) {
    this.#parts = parts;
    this.#stopped.abort();
  }

  /** Begins to watch, where it does not yet. */
  start(): void {
    if (!this.#stopped.signal.aborted) return;
    const stopped = (this.#stopped = new AbortController());
    this.#life = this.#life.then(() => this.#live(stopped.signal));
  }

  /** Lets nobody tell any more. */
  stop(): void {
    this.#stopped.abort();
    this.#alarm.abort();
  }

  /** Takes note that a commit was told of. */
  heard(): void {
    this.#hasHeard = true;
    const nowMs = this.#parts.clock.now();
    // A clock may be set back, too.
    if (Math.abs(nowMs - this.#heardSinceMs) >= BUSY_MS) {
      this.#heardSinceMs = nowMs;
      this.#heardCount = 0;
    }
    if (++this.#heardCount >= BUSY_COMMITS) this.#alarm.abort();
  }

  /** Takes note that a bell that was hung is no more, or that one can be hung again. */
  connectionChanged(): void {
    this.#alarm.abort();
  }

  async #live(stopped: AbortSignal): Promise<void> {
    const { bell } = this.#parts;
    while (!stopped.aborted) {
      await this.#sleep();
      await bell.take().catch(() => undefined);
      await this.#lookWhileBusy(stopped);
    }
  }

  /** Sleeps until commits come fast. */
  async #sleep(): Promise<void> {
    const alarm = (this.#alarm = new AbortController()).signal;
    const last = await this.#parts.bell.hang().catch(() => undefined);
    if (last !== undefined) await this.#lookUntilOver(last, alarm);
    if (alarm.aborted) return;
    const isTold = last !== undefined;
    this.#parts.logger.debug(
      { isTold },
      isTold ? "commits are told of" : "nobody tells of commits until PostgreSQL is back",
    );
    await new Promise((resolve) => alarm.addEventListener("abort", resolve, { once: true }));
  }

  /** Looks until all transactions up to one are over. They may take long: those behind it tell. */
  async #lookUntilOver(transactionId: string, alarm: AbortSignal): Promise<void> {
    for (let delayMs = LOOK_MS; !alarm.aborted; delayMs = Math.min(delayMs * 2, LOOK_MS_MAX)) {
      await this.#look();
      if (areOver(transactionId, this.#parts.numbering.seen)) return;
      await sleep(this.#parts.clock, delayMs, alarm);
    }
  }

  async #lookWhileBusy(stopped: AbortSignal): Promise<void> {
    this.#parts.logger.debug({}, "commits are looked for");
    for (let inVain = 0; inVain < LOOKS_IN_VAIN && !stopped.aborted;) {
      inVain = (await this.#look()) ? 0 : inVain + 1;
      await sleep(this.#parts.clock, LOOK_MS, stopped);
    }
  }

  /** Tells whether there was much new since the last look, or something that another store has numbered. */
  async #look(): Promise<boolean> {
    const { numbering, found } = this.#parts;
    // Whoever follows the log reports that it cannot be read.
    await numbering.number().catch(() => undefined);
    // Also what others have numbered who asked the log for something: this store is not told of what it numbers itself.
    const rows = numbering.numbered - this.#numbered;
    const isNew = this.#hasHeard || rows > ROWS_IN_VAIN;
    this.#numbered = numbering.numbered;
    this.#hasHeard = false;
    if (rows > 0) found();
    return isNew;
  }
}

/** Tells whether all transactions up to one are over, and could be seen, at a moment (a pg_snapshot: xmin, xmax, who runs between). */
function areOver(transactionId: string, moment: string): boolean {
  const [xmin] = moment.split(":");
  return BigInt(xmin!) > BigInt(transactionId);
}
