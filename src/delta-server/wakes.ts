import type { Clock } from "../base/clock.js";

/** Wakes streams soon: rows that arrive together wake a reader once, so that they go out together. */
export class Wakes {
  readonly #clock: Clock;
  readonly #streams = new Set<{ wake(): void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(stream: { wake(): void }): void {
    if (this.#streams.size === 0) this.#clock.soon(() => this.#wake());
    this.#streams.add(stream);
  }

  #wake(): void {
    const streams = [...this.#streams];
    this.#streams.clear();
    for (const stream of streams) stream.wake();
  }
}
