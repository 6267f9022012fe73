import type { Logger } from "../base/logger.js";
import type {
  ConditionName,
  CounterName,
  Details,
  EventName,
  IControlAndParams,
  SnapshotProgress,
  SubSystemStatus,
} from "./control-and-params.js";
import { tellPlug } from "./tell-plug.js";

/**
 * What the parts of a server tell its IControlAndParams. Keeps the counters and the conditions that last; nothing that the
 * application throws gets back to who reports.
 */
export class Reporter {
  readonly #control: IControlAndParams;
  readonly #logger: Logger;
  readonly #counters = new Map<CounterName, number>();
  /** Conditions that last, by name and client: as many as there are rows in LiveDistClients, at most. */
  readonly #conditions = new Map<string, ConditionName>();
  readonly #events = new Map<EventName, number>();
  readonly #failures = new Map<string, number>();
  #status: SubSystemStatus = "starting";

  constructor(control: IControlAndParams, logger: Logger) {
    this.#control = control;
    this.#logger = logger;
  }

  /** Tells the status of both sub-systems, which are deployed together. */
  status(status: SubSystemStatus): void {
    this.#status = status;
    for (const subSystem of ["delta server", "cache server"] as const)
      this.#tell(() => this.#control.statusChanged(subSystem, status));
  }

  /** The status as it was last told. */
  get lastStatus(): SubSystemStatus {
    return this.#status;
  }

  /** How many clients (or the server itself) each condition lasts for; one that lasts for nobody may be absent. */
  get conditions(): ReadonlyMap<ConditionName, number> {
    const counts = new Map<ConditionName, number>();
    for (const condition of this.#conditions.values()) counts.set(condition, (counts.get(condition) ?? 0) + 1);
    return counts;
  }

  /** How often each event has happened. */
  get events(): ReadonlyMap<EventName, number> {
    return this.#events;
  }

  /** The counters as they stand. */
  get counters(): ReadonlyMap<CounterName, number> {
    return this.#counters;
  }

  /** How many requests failed with each error code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures;
  }

  /** Counts a request that failed, by the code of its error. */
  failed(code: string): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
    this.count("failures");
  }

  event(event: EventName, details: Details): void {
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1);
    this.#tell(() => this.#control.event(event, details));
  }

  /** Adds to a counter, or takes away. */
  count(counter: CounterName, difference = 1): void {
    const value = (this.#counters.get(counter) ?? 0) + difference;
    this.#counters.set(counter, value);
    this.#tell(() => this.#control.counter(counter, value));
  }

  /** Tells that a condition has begun, unless it lasts already for this client (or the server). */
  enter(condition: ConditionName, details: Details & { readonly clientId?: string }): void {
    const key = keyOf(condition, details.clientId);
    if (this.#conditions.has(key)) return;
    this.#conditions.set(key, condition);
    this.#tell(() => this.#control.conditionEntered(condition, details));
  }

  /** Tells that a condition has ended, if it lasted. */
  exit(condition: ConditionName, clientId?: string): void {
    if (this.#conditions.size === 0 || !this.#conditions.delete(keyOf(condition, clientId))) return;
    this.#tell(() => this.#control.conditionExited(condition, clientId === undefined ? {} : { clientId }));
  }

  shouldAbort(progress: SnapshotProgress): boolean {
    let shouldAbort = false;
    this.#tell(() => void (shouldAbort = this.#control.shouldAbortSnapshot(progress)));
    return shouldAbort;
  }

  #tell(call: () => void): void {
    tellPlug(this.#logger, call);
  }
}

function keyOf(condition: ConditionName, clientId = ""): string {
  return `${condition} ${clientId}`;
}
