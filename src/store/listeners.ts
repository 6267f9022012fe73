import type { Logger } from "../base/logger.js";

/** Callbacks that want to hear of something. One that throws is logged and keeps neither the others nor the caller from going on. */
export class Listeners {
  readonly #logger: Logger;
  readonly #entries = new Set<{ readonly listener: () => void }>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a listener; gives a function that removes it. */
  add(listener: () => void): () => void {
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  call(): void {
    for (const { listener } of [...this.#entries]) {
      try {
        listener();
      } catch (error) {
        this.#logger.error({ err: error }, "a store's listener threw");
      }
    }
  }
}
