import { ClientDisabledError, LiveDistError } from "../base/errors.js";
import type { ClientRow } from "../store/store.js";

/** The rows of LiveDistClients as the server last read them, and the requests that run for each client (guide §2.7). */
export class RunningRequests {
  #clients = new Map<string, ClientRow>();
  readonly #running = new Map<string, Set<AbortController>>();

  /**
   * Takes the table as it is now; aborts the running requests of clients that are disabled, gone, or in another row than
   * before. Gives the rows, as they were, of the clients that were served until now.
   */
  update(rows: readonly ClientRow[]): ClientRow[] {
    const before = this.#clients;
    this.#clients = new Map(rows.map((row) => [row.clientId, row]));
    const gone: ClientRow[] = [];
    for (const row of before.values()) {
      const reason = row.isDisabled ? undefined : (this.refusal(row.clientId) ?? this.#replaced(row));
      if (reason === undefined) continue;
      gone.push(row);
      for (const controller of this.#running.get(row.clientId) ?? []) controller.abort(reason);
    }
    return gone;
  }

  get rows(): readonly ClientRow[] {
    return [...this.#clients.values()];
  }

  /** Gives the row of a client as it was last read. */
  row(clientId: string): ClientRow | undefined {
    return this.#clients.get(clientId);
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

  /** A BitNumber cannot be changed: a row with another one is a new row, whose client shares nothing with the old one's. */
  #replaced(row: ClientRow): LiveDistError | undefined {
    if (this.#clients.get(row.clientId)?.bitNumber === row.bitNumber) return undefined;
    return new LiveDistError(
      "Closed",
      `the row of the client ${row.clientId} in LiveDistClients was replaced: ask again`,
    );
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
