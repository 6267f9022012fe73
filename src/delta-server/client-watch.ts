import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Store } from "../store/store.js";
import { RunningRequests } from "./running-requests.js";

/** Watches LiveDistClients, so that a change of a row takes effect within a second (guide §2.7). */
export class ClientWatch {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pollMs: number;
  readonly #requests = new RunningRequests();
  #cancelPoll: () => void = () => undefined;
  #stopListening: () => void = () => undefined;
  #isStopped = false;

  constructor(store: Store, clock: Clock, logger: Logger, pollMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#pollMs = pollMs;
  }

  get runningCount(): number {
    return this.#requests.count;
  }

  /** Reads the table for the first time. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#stopListening = this.#store.clients.onChange(
      () => void this.#refresh().catch((error: unknown) => this.#report(error)),
    );
    this.#pollLater();
  }

  /** Aborts what runs and refuses what comes, with Closed. */
  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.#cancelPoll();
    this.#requests.abortAll(closingError());
  }

  /** Begins a request of a client; see RunningRequests. Rejects with UnknownClient, ClientDisabled or Closed. */
  async begin(clientId: string, signal: AbortSignal): Promise<{ signal: AbortSignal; end: () => void }> {
    this.#requireServing();
    // A row that was just inserted or enabled elsewhere is served at once, not only after the next poll.
    if (this.#requests.refusal(clientId) !== undefined) await this.#refresh();
    this.#requireServing();
    const refusal = this.#requests.refusal(clientId);
    if (refusal !== undefined) throw refusal;
    return this.#requests.begin(clientId, signal);
  }

  #requireServing(): void {
    if (this.#isStopped) throw closingError();
  }

  async #refresh(): Promise<void> {
    const rows = await this.#store.clients.list();
    if (!this.#isStopped) this.#requests.update(rows);
  }

  #pollLater(): void {
    this.#cancelPoll = this.#clock.after(this.#pollMs, () => {
      this.#refresh()
        .catch((error: unknown) => this.#report(error))
        .finally(() => {
          if (!this.#isStopped) this.#pollLater();
        });
    });
  }

  #report(error: unknown): void {
    if (!this.#isStopped)
      this.#logger.error({ error }, "LiveDistClients could not be read; the rows last read stay in force");
  }
}

function closingError(): LiveDistError {
  return new LiveDistError("Closed", "the server is closing");
}
