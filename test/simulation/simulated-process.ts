import type { Clock } from "../../src/base/clock.js";
import { LiveDistError } from "../../src/base/errors.js";

/**
 * One run of a program: what it does has no effect any more once it has ended, although its promises are still there. Its clock
 * stands still then, and goes wrong before by as much as it is told.
 */
export class SimulatedProcess implements Clock {
  readonly #time: Clock;
  readonly #skewMs: () => number;
  readonly #life = new AbortController();
  /** What is to be done once it goes on; undefined while it runs. */
  #waiting: (() => void)[] | undefined;

  constructor(time: Clock, skewMs: () => number = () => 0) {
    this.#time = time;
    this.#skewMs = skewMs;
  }

  get isAlive(): boolean {
    return !this.#life.signal.aborted;
  }

  /** Aborts when the process ends. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  end(): void {
    this.#life.abort(new LiveDistError("Network", "the process has ended"));
  }

  get isPaused(): boolean {
    return this.#waiting !== undefined;
  }

  /** Lets it stand still, as a machine that swaps, or that is moved, does. Time goes on meanwhile. */
  pause(pauseMs: number): void {
    if (this.#waiting !== undefined) return;
    this.#waiting = [];
    this.#time.after(pauseMs, () => {
      const callbacks = this.#waiting!;
      this.#waiting = undefined;
      for (const callback of callbacks) this.#run(callback);
    });
  }

  /** Resolves when it does not stand still: at once, as a rule. */
  awake(): Promise<void> {
    if (this.#waiting === undefined) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting!.push(resolve));
  }

  now(): number {
    return this.#time.now() + this.#skewMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    if (!this.isAlive) return () => undefined;
    let isCancelled = false;
    const cancel = this.#time.after(delayMs, () => this.#run(() => isCancelled || callback()));
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  soon(callback: () => void): void {
    if (this.isAlive) this.#time.soon(() => this.#run(callback));
  }

  /** Gives what `work` gives, or nothing ever where the process has ended. */
  async whileAlive<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#life;
    const never = new Promise<T>(() => undefined);
    if (!this.isAlive) return never;
    try {
      const result = await work();
      return await (signal.aborted ? never : result);
    } catch (error) {
      if (!signal.aborted) throw error;
      return never;
    }
  }

  #run(callback: () => void): void {
    if (!this.isAlive) return;
    if (this.#waiting === undefined) callback();
    else this.#waiting.push(callback);
  }
}
