import { LiveDistError } from "../../base/errors.js";
import { PROXY_WAITING_MAX } from "../../base/limits.js";

interface Waiting {
  readonly topics: readonly string[];
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** The topics that edges ask a proxy for and that it does not hold, and who waits for them: all for the same load (guide §8.3). */
export class Widening {
  readonly #waiting = new Set<Waiting>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Gives the topics that are waited for. */
  get topics(): ReadonlySet<string> {
    return new Set([...this.#waiting].flatMap(({ topics }) => topics));
  }

  /** Waits until topics are held. Rejects with what keeps them from being loaded, with the signal's reason, and with Limit. */
  wait(topics: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.size >= PROXY_WAITING_MAX) {
      throw new LiveDistError("Limit", `more than PROXY_WAITING_MAX, ${PROXY_WAITING_MAX}, loads wait for new topics`);
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", abort);
      };
      const waiting: Waiting = {
        topics,
        resolve: () => {
          leave();
          resolve();
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      };
      const abort = (): void => waiting.reject(signal.reason as Error);
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** Lets those go on whose topics are held, as `isHeld` tells. */
  loaded(isHeld: (topic: string) => boolean): void {
    for (const waiting of [...this.#waiting]) if (waiting.topics.every(isHeld)) waiting.resolve();
  }

  /** Tells all who wait why there is nothing. */
  failed(reason: unknown): void {
    for (const waiting of [...this.#waiting]) waiting.reject(reason as Error);
  }
}
