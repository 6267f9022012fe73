import { ClientDisabledError, LiveDistError } from "../base/errors.js";
import type { ClientRow } from "../store/store.js";

/** The rows of LiveDistClients as the server last read them, and the requests that run for each client (guide §2.7). */
export class RunningRequests {
  #clients = new Map<string, ClientRow>();
  readonly #running = new Map<string, Set<AbortController>>();

  /** Takes the table as it is now; aborts the running requests of clients that are disabled or gone. */
  update(rows: readonly ClientRow[]): void {
    this.#clients = new Map(rows.map((row) => [row.clientId, row]));
    for (const [clientId, controllers] of this.#running) {
      const refusal = this.refusal(clientId);
      if (refusal !== undefined) for (const controller of controllers) controller.abort(refusal);
    }
  }

  /** Gives the error that a client's requests are answered with, or undefined where it is served. */
  refusal(clientId: string): LiveDistError | undefined {
    const row = this.#clients.get(clientId);
    if (row === undefined)
      return new LiveDistError(
        "UnknownClient",
        `LiveDistClients has no row for the ClientId ${JSON.stringify(clientId)}`,
      );
    if (row.isDisabled) return new ClientDisabledError(`the client ${clientId} is disabled`);
    return undefined;
  }

  /**
   * Begins a request of a client that is served. Its signal aborts, with the reason, when the caller's does or the client is
   * disabled; `end` has to be called when the request is over, and may be called again.
   */
  begin(clientId: string, signal: AbortSignal): { signal: AbortSignal; end: () => void } {
    const controller = new AbortController();
    const abort = (): void => controller.abort(new LiveDistError("Closed", "the request was given up"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    const running = this.#running.get(clientId) ?? new Set();
    this.#running.set(clientId, running.add(controller));
    const end = (): void => {
      signal.removeEventListener("abort", abort);
      // Ended before: the set may have gone, and another one may stand in its place.
      if (!running.delete(controller)) return;
      if (running.size === 0) this.#running.delete(clientId);
    };
    return { signal: controller.signal, end };
  }

  /** Aborts everything that runs. */
  abortAll(reason: LiveDistError): void {
    for (const controllers of this.#running.values()) for (const controller of controllers) controller.abort(reason);
  }

  get count(): number {
    let count = 0;
    for (const controllers of this.#running.values()) count += controllers.size;
    return count;
  }
}
