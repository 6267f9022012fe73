import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Reporter } from "../plugs/reporter.js";
import type { ClientRow, StoreClients } from "../store/store.js";
import { RunningRequests } from "./running-requests.js";

/** Where the rows of LiveDistClients are read. */
export type ClientsSource = Pick<StoreClients, "list" | "onChange">;

/** A request of a client that is served. */
export interface ClientWork {
  /** Aborts, with the reason, when the caller's signal does or the client is no longer served. */
  readonly signal: AbortSignal;
  /** Has to be called when the request is over, and may be called again. */
  readonly end: () => void;
  /** The client's row as the request began. */
  readonly client: ClientRow;
}

/** Watches LiveDistClients, so that a change of a row takes effect within a second (guide §2.7). */
export class ClientWatch {
  readonly #source: ClientsSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pollMs: number;
  readonly #reporter: Reporter | undefined;
  readonly #requests = new RunningRequests();
  #cancelPoll: () => void = () => undefined;
  #stopListening: () => void = () => undefined;
  readonly #goneListeners = new Set<(row: ClientRow) => void>();
  #isStopped = false;
  #readsBegun = 0;
  #readInForce = 0;

  constructor(source: ClientsSource, clock: Clock, logger: Logger, pollMs: number, reporter?: Reporter) {
    this.#source = source;
    this.#clock = clock;
    this.#logger = logger;
    this.#pollMs = pollMs;
    this.#reporter = reporter;
  }

  get runningCount(): number {
    return this.#requests.count;
  }

  /** Reads the table for the first time. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#stopListening = this.#source.onChange(
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

  /** Begins a request of a client. Rejects with UnknownClient, ClientDisabled or Closed. */
  async begin(clientId: string, signal: AbortSignal): Promise<ClientWork> {
    this.#requireServing();
    // A row that was just inserted or enabled elsewhere is served at once, not only after the next poll.
    if (this.#requests.refusal(clientId) !== undefined) await this.#refresh();
    this.#requireServing();
    const refusal = this.#requests.refusal(clientId);
    if (refusal !== undefined) throw refusal;
    return { ...this.#requests.begin(clientId, signal), client: this.row(clientId) };
  }

  /** Gives the error that a client is refused with, by its row as it was last read, or undefined where it is served. */
  refusal(clientId: string): LiveDistError | undefined {
    return this.#requests.refusal(clientId);
  }

  /** All rows as they were last read. */
  get rows(): readonly ClientRow[] {
    return this.#requests.rows;
  }

  /** Gives a client's row as it was last read, disabled or not. Throws UnknownClient where there is none. */
  row(clientId: string): ClientRow {
    const row = this.#requests.row(clientId);
    if (row === undefined) throw this.#requests.refusal(clientId)!;
    return row;
  }

  /**
   * Calls back when a client that was served is so no longer (disabled, removed, or removed and inserted again with another
   * BitNumber) with its row as it was, after its requests were aborted and before any request of a new row is served.
   * Gives a function that ends it. A listener must not throw.
   */
  onGone(listener: (row: ClientRow) => void): () => void {
    this.#goneListeners.add(listener);
    return () => void this.#goneListeners.delete(listener);
  }

  #requireServing(): void {
    if (this.#isStopped) throw closingError();
  }

  async #refresh(): Promise<void> {
    const read = ++this.#readsBegun;
    const rows = await this.#source.list();
    // Reads can overtake each other, and an older one must not bring back what a newer one has seen go.
    if (this.#isStopped || read < this.#readInForce) return;
    this.#readInForce = read;
    this.#reporter?.exit("ClientsUnreadable");
    for (const row of this.#requests.update(rows)) for (const listener of this.#goneListeners) listener(row);
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
    if (this.#isStopped) return;
    this.#logger.error({ err: error }, "LiveDistClients could not be read; the rows last read stay in force");
    this.#reporter?.enter("ClientsUnreadable", { error });
  }
}

function closingError(): LiveDistError {
  return new LiveDistError("Closed", "the server is closing");
}
