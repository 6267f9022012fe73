import { LiveDistError } from "../base/errors.js";
import type { Clock } from "../base/clock.js";

/**
 * Gives what the promise gives, or rejects with the signal's reason as soon as it aborts, whether or not whoever works on the
 * promise heeds the signal. `late` then gets the value that nobody waits for any more.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      if (late) promise.then(late, ignore);
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      promise.catch(ignore);
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Gives what the promise gives, or rejects with Network once `waitMsMax` have passed. */
export async function within<T>(clock: Clock, waitMsMax: number, promise: Promise<T>): Promise<T> {
  let cancel = ignore;
  const timeout = new Promise<never>((_, reject) => {
    cancel = clock.after(waitMsMax, () => reject(new LiveDistError("Network", `no answer within ${waitMsMax} ms`)));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    cancel();
  }
}

export function ignore(): void {
  // What is thrown here is of no interest: its work was given up.
}
