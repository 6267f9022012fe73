import { type Clock, sleep } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { isBusy } from "./sqlite-errors.js";

const DELAY_MS_MIN = 1;
const DELAY_MS_MAX = 100;

/**
 * Repeats what another connection's lock refuses, until it goes through or the time is over. SQLite's own busy_timeout
 * would block the event loop meanwhile, and with it, in this process, whoever holds the lock.
 */
export class BusyWait {
  readonly #clock: Clock;
  readonly #msMax: number;

  constructor(clock: Clock, msMax: number) {
    this.#clock = clock;
    this.#msMax = msMax;
  }

  /** Gives what `attempt` gives; rejects with Store where the lock is held for too long. `attempt` must be repeatable. */
  async until<T>(attempt: () => T): Promise<T> {
    const first = tryOnce(attempt);
    return "value" in first ? first.value : this.#repeat(attempt);
  }

  async #repeat<T>(attempt: () => T): Promise<T> {
    const deadline = this.#clock.now() + this.#msMax;
    for (let delayMs = DELAY_MS_MIN; ; delayMs = Math.min(delayMs * 2, DELAY_MS_MAX)) {
      await sleep(this.#clock, delayMs);
      const result = tryOnce(attempt);
      if ("value" in result) return result.value;
      if (this.#clock.now() >= deadline) throw this.#tooLong(result.busy);
    }
  }

  #tooLong(error: LiveDistError): LiveDistError {
    const message = `another connection, perhaps of another process, held the database's lock for ${this.#msMax} ms: ${error.message}`;
    return new LiveDistError("Store", message, { cause: error.cause });
  }
}

function tryOnce<T>(attempt: () => T): { value: T } | { busy: LiveDistError } {
  try {
    return { value: attempt() };
  } catch (error) {
    if (error instanceof LiveDistError && isBusy(error)) return { busy: error };
    throw error;
  }
}
