import { type Clock, sleep } from "../base/clock.js";
import type { Random } from "../base/random.js";

/** Milliseconds before the first repetition, at most. */
export const BACKOFF_FIRST_MS = 500;
/** Milliseconds between repetitions, at most, however many failed. */
export const BACKOFF_MS_MAX = 30_000;
/** Doublings that surely reach BACKOFF_MS_MAX; counting further would overflow in the end. */
const DOUBLINGS_MAX = 10;

/**
 * Waits longer and longer between repetitions of what fails. Half of each wait is random, so that the clients of a server
 * that comes back do not all come back at the same moment.
 */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  #failures = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Begins anew: something succeeded. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits, at most `waitMsMax` and until the signal aborts. Never rejects. */
  wait(signal: AbortSignal, waitMsMax = BACKOFF_MS_MAX): Promise<void> {
    const longestMs = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures++, DOUBLINGS_MAX), BACKOFF_MS_MAX);
    const delayMs = longestMs * (0.5 + this.#random() / 2);
    return sleep(this.#clock, Math.min(delayMs, waitMsMax), signal);
  }
}
