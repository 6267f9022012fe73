import type { Clock } from "../base/clock.js";

/** Wakes streams that were given something: once for rows that enter together, so that they go out together. */
export class Wakes {
  readonly #clock: Clock;
  #streams = new Set<{ wake(): void }>();
  #isCollecting = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes a stream soon. */
  add(stream: { wake(): void }): void {
    if (this.#streams.size === 0 && !this.#isCollecting) this.#clock.soon(() => this.#wakeAll());
    this.#streams.add(stream);
  }

  /** Wakes the streams that a piece of work adds right behind it, however it ends. */
  async collect(work: () => Promise<void>): Promise<void> {
    this.#isCollecting = true;
    try {
      await work();
    } finally {
      this.#isCollecting = false;
      this.#wakeAll();
    }
  }

  #wakeAll(): void {
    const streams = this.#streams;
    if (streams.size === 0) return;
    this.#streams = new Set();
    for (const stream of streams) stream.wake();
  }
}
