/** Time as it is passed in everywhere, so that a test can run a whole site on a time of its own. */
export interface Clock {
  /** Gives the time in milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Calls back once after `delayMs`; gives a function that cancels it. A waiting timer keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back once, as soon as what is running now and what is ready to run has run. */
  soon(callback: () => void): void;
}

/** The machine's own time. Works in Node and in browsers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  soon(callback) {
    if (typeof setImmediate === "function") setImmediate(callback);
    else setTimeout(callback, 0);
  },
};

/** Waits `delayMs`, or until the signal aborts; resolves in both cases and never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
