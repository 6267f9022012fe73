import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import type { Permitted } from "../plugs/permit.js";
import { whenAborted } from "../base/when-aborted.js";

/** Timers of Node hold no more than 24 days. */
const TIMER_MS_MAX = 86_400_000;

/** How far a permission goes; without end where neither is there. */
export type Limited = Pick<Permitted, "untilMs" | "ended">;

/** The time for which something is permitted: its signal aborts with another, and with Closed when the permission is over. */
export class Term {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  #cancel: () => void = () => undefined;
  #forget: () => void = () => undefined;

  constructor(signal: AbortSignal, { untilMs, ended }: Limited, clock: Clock) {
    this.#clock = clock;
    const isLimited = untilMs !== undefined || ended !== undefined;
    this.signal = isLimited ? this.#controller.signal : signal;
    if (!isLimited) return;
    if (untilMs !== undefined) this.#wait(untilMs);
    if (ended !== undefined) this.#heed(ended);
    whenAborted(signal, (reason) => {
      this.end();
      this.#controller.abort(reason);
    });
  }

  /** Frees what it waits with: what was permitted has come to its own end. May be called again. */
  end(): void {
    this.#cancel();
    this.#forget();
  }

  #heed(ended: AbortSignal): void {
    const over = (): void => this.#over();
    if (ended.aborted) over();
    else ended.addEventListener("abort", over, { once: true });
    // It lasts as long as the server, and is the same for many.
    this.#forget = () => ended.removeEventListener("abort", over);
  }

  #wait(untilMs: number): void {
    const leftMs = untilMs - this.#clock.now();
    if (leftMs > 0) this.#cancel = this.#clock.after(Math.min(leftMs, TIMER_MS_MAX), () => this.#wait(untilMs));
    else this.#over();
  }

  #over(): void {
    this.#controller.abort(new LiveDistError("Closed", "the permission has ended: ask again with a new token"));
  }
}
