import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { whenAborted } from "../base/when-aborted.js";

/** Timers of Node hold no more than 24 days. */
const TIMER_MS_MAX = 86_400_000;

/** The time for which something is permitted: its signal aborts with another, and with Closed when the time is over. */
export class Term {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  #cancel: () => void = () => undefined;

  /** `untilMs`: ms since 1970; undefined is without end. */
  constructor(signal: AbortSignal, untilMs: number | undefined, clock: Clock) {
    this.#clock = clock;
    this.signal = untilMs === undefined ? signal : this.#controller.signal;
    if (untilMs === undefined) return;
    this.#wait(untilMs);
    whenAborted(signal, (reason) => {
      this.end();
      this.#controller.abort(reason);
    });
  }

  /** Frees the timer: what was permitted has come to its own end. May be called again. */
  end(): void {
    this.#cancel();
  }

  #wait(untilMs: number): void {
    const leftMs = untilMs - this.#clock.now();
    if (leftMs > 0) this.#cancel = this.#clock.after(Math.min(leftMs, TIMER_MS_MAX), () => this.#wait(untilMs));
    else this.#controller.abort(new LiveDistError("Closed", "the permission has ended: ask again with a new token"));
  }
}
