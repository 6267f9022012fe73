import type { Clock } from "../base/clock.js";
import type { Random } from "../base/random.js";
import { Backoff } from "./backoff.js";

/** Paces attempts that fail: what was mended is tried again at once the first time, everything else after longer and longer waits. */
export class Retries {
  readonly #backoff: Backoff;
  #failuresInARow = 0;

  constructor(clock: Clock, random: Random) {
    this.#backoff = new Backoff(clock, random);
  }

  /** Begins anew: something succeeded. */
  succeeded(): void {
    this.#failuresInARow = 0;
    this.#backoff.reset();
  }

  /** Notes a failure. Tells whether to try again at once; otherwise `wait` comes first. */
  failed(isMended: boolean): boolean {
    const isFirst = this.#failuresInARow === 0;
    this.#failuresInARow++;
    return isMended && isFirst;
  }

  /** Waits until the next attempt is due, or the signal aborts. Never rejects. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#backoff.wait(signal);
  }
}
