import type { Clock } from "../../src/base/clock.js";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A time of its own for a whole system in one process: it passes only when nothing is left to do, and then at once up to the
 * next timer. With it, hours of waiting take milliseconds, and the same run comes out of the same seed.
 */
export class SimulatedClock implements Clock {
  readonly #whenIdle: () => Promise<void> | undefined;
  #nowMs = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #timers = new Map<number, Timer>();
  #soon: (() => void)[] = [];

  /** `whenIdle` gives a promise while something outside of the process works for the run: no time passes meanwhile. */
  constructor(whenIdle: () => Promise<void> | undefined = () => undefined) {
    this.#whenIdle = whenIdle;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const order = this.#order++;
    this.#timers.set(order, { atMs: this.#nowMs + Math.max(0, delayMs), order, callback });
    return () => void this.#timers.delete(order);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** Lets time pass until something holds. Throws where nothing waits for anything any more, or `timeMsMax` have passed. */
  async run(isDone: () => boolean, timeMsMax: number): Promise<void> {
    const endMs = this.#nowMs + timeMsMax;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone()) return;
      const idle = this.#whenIdle();
      if (idle !== undefined) {
        await idle;
        continue;
      }
      if (this.#soon.length > 0) {
        const callbacks = this.#soon;
        this.#soon = [];
        for (const callback of callbacks) callback();
        continue;
      }
      const timer = this.#nextTimer();
      if (timer === undefined) throw new Error("nothing can happen any more, and the run is not done");
      if (timer.atMs > endMs) throw new Error(`the run is not done after ${timeMsMax} ms of its time`);
      this.#timers.delete(timer.order);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
    }
  }

  #nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) if (next === undefined || timer.atMs < next.atMs) next = timer;
    return next;
  }
}
