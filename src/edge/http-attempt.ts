import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";

/** One request at one server, from its sending to the end of its answer. */
export class HttpAttempt {
  readonly #controller = new AbortController();
  readonly #cancelTimeout: () => void;
  readonly #unlink: () => void;

  /** `waitMsMax`: how long the server may take to begin its answer. */
  constructor(clock: Clock, waitMsMax: number, callersSignal: AbortSignal) {
    const abort = (): void => this.#controller.abort(callersSignal.reason);
    if (callersSignal.aborted) abort();
    callersSignal.addEventListener("abort", abort, { once: true });
    this.#unlink = () => callersSignal.removeEventListener("abort", abort);
    const timeout = new LiveDistError("Network", `the server did not begin to answer within ${waitMsMax} ms`);
    this.#cancelTimeout = clock.after(waitMsMax, () => this.#controller.abort(timeout));
  }

  /** Aborts with the caller's signal, when the answer does not begin in time, and at the end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Notes that the answer has begun. */
  begun(): void {
    this.#cancelTimeout();
  }

  /** Frees the connection, whatever is left of the answer. */
  end(): void {
    this.#cancelTimeout();
    this.#unlink();
    this.#controller.abort(new LiveDistError("Closed", "the request has ended"));
  }
}
